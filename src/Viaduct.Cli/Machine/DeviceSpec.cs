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
/// <param name="Iommu">The IOMMU before it; null for the machine's.</param>
internal sealed record DeviceSpec(
    DeviceModel Model, DeviceOptions Options, PciAddress? Address, int? Group, string? Driver, IommuKind? Iommu)
{
    public const string IommuKey = "iommu";

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
        if (!Models.TryFind(parts[0], out var model, out error))
        {
            return false;
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var read = new DeviceSpec(model, new DeviceOptions(values), null, null, VfioPciDriver.OwnName, null);
        foreach (var part in parts.AsSpan(1))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                error = $"'{part}' in '--device {text}' is not key=value.";
                return false;
            }

            if (!read.TrySet(part[..equals], part[(equals + 1)..], values, out read, out error))
            {
                return false;
            }
        }

        spec = read;
        return true;
    }

    /// <summary>The same with a key's value: one of ours, or else one of the model's.</summary>
    private bool TrySet(string key, string value, Dictionary<string, string> modelKeys, out DeviceSpec spec, out string? error)
    {
        spec = this;
        error = null;
        switch (key)
        {
            case AddressKey when PciAddress.TryParse(value, out var address):
                spec = this with { Address = address };
                break;
            case AddressKey:
                error = $"addr={value}: an address in full is needed, such as 0000:01:00.0.";
                break;
            case GroupKey when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number <= LastGroup:
                spec = this with { Group = number };
                break;
            case GroupKey:
                error = $"group={value}: a number from 0 to {LastGroup} is needed.";
                break;
            case DriverKey when value.Length > 0 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'):
                spec = this with { Driver = value == NoDriver ? null : value };
                break;
            case DriverKey:
                error = $"driver={value}: a driver's name is needed, or '{NoDriver}'.";
                break;
            case IommuKey when IommuKinds.TryParse(value, out var kind):
                spec = this with { Iommu = kind };
                break;
            case IommuKey:
                error = $"iommu={value}: {IommuKinds.Type1}, {IommuKinds.Spapr} or {IommuKinds.None} is needed.";
                break;
            default:
                modelKeys[key] = value;
                break;
        }

        return error is null;
    }
}
