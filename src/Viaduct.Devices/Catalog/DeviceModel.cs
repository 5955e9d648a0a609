using System.Diagnostics.CodeAnalysis;
using Viaduct.Devices.Registers;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Catalog;

/// <summary>A kind of device that can be had by its name.</summary>
public sealed class DeviceModel
{
    private readonly DeviceFactory _create;

    /// <summary>A kind of device.</summary>
    /// <param name="create">Makes one.</param>
    public DeviceModel(DeviceFactory create) => _create = create;

    /// <summary>The name on the command line.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in a line.</summary>
    public required string Summary { get; init; }

    /// <summary>Vendor and device ID, as in lspci: "1234:11e8".</summary>
    public required string PciId { get; init; }

    /// <summary>The keys that it understands.</summary>
    public required IReadOnlyList<DeviceKey> Keys { get; init; }

    /// <summary>The registers in BAR0.</summary>
    public required IReadOnlyList<RegisterSpec> Registers { get; init; }

    /// <summary>Builds one.</summary>
    /// <param name="options">Its keys.</param>
    /// <param name="services">What the outside gives it.</param>
    /// <param name="function">The device.</param>
    /// <param name="error">What is wrong with the keys, and what would be right.</param>
    public bool TryCreate(
        DeviceOptions options, PciServices services, [NotNullWhen(true)] out DeviceFunction? function, out string? error)
    {
        foreach (var key in options.Values.Keys)
        {
            if (!Keys.Any(known => known.Name == key))
            {
                function = null;
                error = UnknownKey(key);
                return false;
            }
        }

        return _create(options, services, out function, out error);
    }

    private string UnknownKey(string key)
    {
        var near = Spelling.Nearest(key, Keys.Select(known => known.Name));
        var known = Keys.Count == 0 ? "it has none" : "it has " + string.Join(", ", Keys.Select(known => known.Name));
        return $"{Name} has no key '{key}'{(near is null ? "" : $"; '{near}' perhaps")}: {known}.";
    }
}
