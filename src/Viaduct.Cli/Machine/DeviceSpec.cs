using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Viaduct.Devices.Catalog;
using Viaduct.Pci;
using Viaduct.Pci.Drivers;

namespace Viaduct.Cli.Machine;

/// <summary>A <c>--device</c> option: <c>NAME[,key=value]...</c>.</summary>
/// <param name="Model">The model.</param>
/// <param name="Options">The model's own keys.</param>
/// <param name="Address">Where it was asked to be; null for the first free place.</param>
/// <param name="Group">The IOMMU group that it was asked into; null for one of its own.</param>
/// <param name="Driver">Who has it; null for nobody.</param>
internal sealed record DeviceSpec(DeviceModel Model, DeviceOptions Options, PciAddress? Address, int? Group, string? Driver)
{
    public const string DriverKey = "driver";
    private const string NoDriver = "none";

    public const string AddressKey = "addr";
    public const string GroupKey = "group";

    // Far above any host's; sysfs names and minors still fit.
    private const int LastGroup = 65535;

    /// <summary>Reads an option.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="spec">What it means.</param>
    /// <param name="error">Why it means nothing.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out DeviceSpec? spec, out string? error)
    {
        spec = null;
        var parts = text.Split(',');
        if (!DeviceCatalog.TryFind(parts[0], out var model, out error))
        {
            return false;
        }

        PciAddress? address = null;
        int? group = null;
        string? driver = VfioPciDriver.OwnName;
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in parts.AsSpan(1))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                error = $"'{part}' in '--device {text}' is not key=value.";
                return false;
            }

            var (key, value) = (part[..equals], part[(equals + 1)..]);
            switch (key)
            {
                case AddressKey when PciAddress.TryParse(value, out var parsed):
                    address = parsed;
                    break;
                case AddressKey:
                    error = $"addr={value}: an address in full is needed, such as 0000:01:00.0.";
                    return false;
                case GroupKey when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    && number <= LastGroup:
                    group = number;
                    break;
                case GroupKey:
                    error = $"group={value}: a number from 0 to {LastGroup} is needed.";
                    return false;
                case DriverKey when value.Length > 0 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'):
                    driver = value == NoDriver ? null : value;
                    break;
                case DriverKey:
                    error = $"driver={value}: a driver's name is needed, or '{NoDriver}'.";
                    return false;
                default:
                    values[key] = value;
                    break;
            }
        }

        spec = new DeviceSpec(model, new DeviceOptions(values), address, group, driver);
        return true;
    }
}
