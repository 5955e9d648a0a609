using System.Globalization;

namespace Viaduct.Pci;

/// <summary>Where a function is: <c>0000:01:00.0</c>.</summary>
/// <param name="Domain">PCI segment, 0 to 0xffff.</param>
/// <param name="Bus">0 to 255.</param>
/// <param name="Device">0 to 31.</param>
/// <param name="Function">0 to 7.</param>
public readonly record struct PciAddress(ushort Domain, byte Bus, byte Device, byte Function)
{
    private const int TextLength = 12;

    /// <summary>Device in bits 7:3, function in 2:0.</summary>
    public byte DevFn => (byte)((Device << 3) | Function);

    /// <summary>Reads the full form, DDDD:BB:DD.F in hexadecimal of either case.</summary>
    /// <returns>False where it is anything else.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out PciAddress address)
    {
        address = default;
        if (text.Length != TextLength || text[4] != ':' || text[7] != ':' || text[10] != '.'
            || !TryHex(text[..4], out var domain) || !TryHex(text[5..7], out var bus)
            || !TryHex(text[8..10], out var device) || !TryHex(text[11..], out var function)
            || device > 31 || function > 7)
        {
            return false;
        }

        address = new PciAddress(domain, (byte)bus, (byte)device, (byte)function);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Domain:x4}:{Bus:x2}:{Device:x2}.{Function:x}";

    private static bool TryHex(ReadOnlySpan<char> text, out ushort value)
        => ushort.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
}
