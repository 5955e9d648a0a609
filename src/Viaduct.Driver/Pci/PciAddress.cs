using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Viaduct.Driver;

/// <summary>Where a PCI function sits: <c>0000:01:00.0</c>.</summary>
/// <param name="Domain">The segment, 16 bits (sysfs prints more only for VMD's, which VFIO names in full too).</param>
/// <param name="Bus">0 to 255.</param>
/// <param name="Device">0 to 31.</param>
/// <param name="Function">0 to 7.</param>
public readonly record struct PciAddress(uint Domain, byte Bus, byte Device, byte Function)
{
    /// <summary>Reads <c>0000:01:00.0</c>, or <c>01:00.0</c> for domain 0, in hexadecimal.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static PciAddress Parse(string text) => TryParse(text, out var address)
        ? address
        : throw new FormatException($"'{text}' is not a PCI address: write it as lspci -D does, 0000:01:00.0");

    /// <summary>Reads <c>0000:01:00.0</c>, or <c>01:00.0</c> for domain 0.</summary>
    /// <returns>False where it is neither.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out PciAddress address)
    {
        address = default;
        var parts = text?.Split(':') ?? [];
        if (parts.Length is not (2 or 3) || parts[^1].Split('.') is not [var device, var function])
        {
            return false;
        }

        uint domain = 0;
        if ((parts.Length == 3 && !TryHex(parts[0], 8, uint.MaxValue, out domain))
            || !TryHex(parts[^2], 2, 0xFF, out var bus)
            || !TryHex(device, 2, 31, out var slot)
            || !TryHex(function, 1, 7, out var number))
        {
            return false;
        }

        address = new PciAddress(domain, (byte)bus, (byte)slot, (byte)number);
        return true;
    }

    /// <summary>As sysfs and VFIO spell it.</summary>
    public override string ToString() => $"{Domain:x4}:{Bus:x2}:{Device:x2}.{Function:x}";

    private static bool TryHex(string text, int digits, uint limit, out uint value) =>
        uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
        && text.Length <= digits && value <= limit;
}
