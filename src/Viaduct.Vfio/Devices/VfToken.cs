using System.Runtime.InteropServices;

namespace Viaduct.Vfio.Devices;

/// <summary>A VF token: a UUID that the clients of a physical function and of its virtual functions share. Its bytes are in the order
/// of its text (uuid_t).</summary>
/// <param name="High">The first eight bytes.</param>
/// <param name="Low">The last eight.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct VfToken(ulong High, ulong Low)
{
    /// <summary>Bytes of a token.</summary>
    public const int Size = 16;

    /// <summary>Characters of a token's text.</summary>
    public const int TextLength = 36;

    /// <summary>uuid_parse: hexadecimal digits of either case with dashes between; what follows does not matter.</summary>
    /// <param name="text">ASCII.</param>
    /// <param name="token">The token.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, out VfToken token)
    {
        token = default;
        if (text.Length < TextLength)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[Size];
        var digits = 0;
        for (var i = 0; i < TextLength; i++)
        {
            var c = (char)text[i];
            if (i is 8 or 13 or 18 or 23)
            {
                if (c != '-')
                {
                    return false;
                }

                continue;
            }

            if (!char.IsAsciiHexDigit(c))
            {
                return false;
            }

            var digit = char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
            bytes[digits / 2] |= (byte)(digits % 2 == 0 ? digit << 4 : digit);
            digits++;
        }

        token = Of(bytes);
        return true;
    }

    /// <summary>A random one.</summary>
    public static VfToken Create()
    {
        Span<byte> bytes = stackalloc byte[Size];
        System.Security.Cryptography.RandomNumberGenerator.Fill(bytes);
        return Of(bytes);
    }

    // In this machine's order, as a client's memory is read.
    private static VfToken Of(ReadOnlySpan<byte> bytes) => new(BitConverter.ToUInt64(bytes), BitConverter.ToUInt64(bytes[8..]));
}
