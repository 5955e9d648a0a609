using System.Globalization;
using Viaduct.Pci.Hardware;

namespace Viaduct.Pci.Drivers;

/// <summary>An entry of a driver's table (struct pci_device_id).</summary>
/// <param name="Vendor">Vendor ID.</param>
/// <param name="Device">Device ID.</param>
/// <param name="SubsystemVendor">Subsystem vendor ID, or <see cref="Any"/>.</param>
/// <param name="SubsystemDevice">Subsystem ID, or <see cref="Any"/>.</param>
/// <param name="ClassCode">The class, as far as the mask goes.</param>
/// <param name="ClassMask">Bits of the class that matter.</param>
public readonly record struct PciDeviceId(
    uint Vendor, uint Device, uint SubsystemVendor = PciDeviceId.Any, uint SubsystemDevice = PciDeviceId.Any, uint ClassCode = 0, uint ClassMask = 0)
{
    /// <summary>PCI_ANY_ID.</summary>
    public const uint Any = uint.MaxValue;

    /// <summary>pci_match_one_device.</summary>
    public bool Matches(PciIdentity identity)
        => Is(Vendor, identity.VendorId) && Is(Device, identity.DeviceId)
            && Is(SubsystemVendor, identity.SubsystemVendorId) && Is(SubsystemDevice, identity.SubsystemId)
            && ((ClassCode ^ identity.ClassCode) & ClassMask) == 0;

    /// <summary>What new_id and remove_id take: up to six hexadecimal numbers, and a seventh that is the driver's own.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="id">The entry.</param>
    /// <param name="data">The driver's own; null where it is not given.</param>
    public static bool TryParse(string text, out PciDeviceId id, out uint? data)
    {
        const int Most = 7;
        Span<uint> values = [0, 0, Any, Any, 0, 0, 0];
        var fields = 0;
        foreach (var word in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var digits = word.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? word.AsSpan(2) : word;
            if (fields == Most || !uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out values[fields]))
            {
                break;
            }

            fields++;
        }

        id = new PciDeviceId(values[0], values[1], values[2], values[3], values[4], values[5]);
        data = fields == Most ? values[^1] : null;
        return fields >= 2;
    }

    private static bool Is(uint wanted, uint actual) => wanted == Any || wanted == actual;
}
