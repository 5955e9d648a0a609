using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Viaduct.Devices.Replica;

/// <summary>
/// A dump of one function's configuration space: the bytes of sysfs' <c>config</c>, or what <c>lspci -xxx</c> or <c>-xxxx</c> prints,
/// with or without <c>-v</c>.
/// </summary>
/// <param name="Config">64, 256 or 4096 bytes.</param>
/// <param name="BarSizes">Sizes that <c>lspci -vv</c> told; zero for those that it did not.</param>
/// <param name="RomSize">The same for the expansion ROM.</param>
public sealed record ConfigDump(byte[] Config, IReadOnlyList<ulong> BarSizes, ulong RomSize)
{
    private const int BarCount = 6;
    private const int BytesPerLine = 16;
    private const int LongestShown = 40;
    private static readonly int[] s_sizes = [64, 256, 4096];
    private static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>Reads a dump.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="dump">What it holds.</param>
    /// <param name="error">What is wrong, where, and what would be right; a sentence that the file's name can stand before.</param>
    public static bool TryParse(ReadOnlySpan<byte> file, [NotNullWhen(true)] out ConfigDump? dump, [NotNullWhen(false)] out string? error)
    {
        if (!IsText(file))
        {
            dump = s_sizes.Contains(file.Length) ? new ConfigDump(file.ToArray(), new ulong[BarCount], 0) : null;
            error = dump is null
                ? $"{file.Length} bytes that are no text: a copy of sysfs' config has 64, 256 or 4096. Copy it as root, or use the text of "
                    + "'lspci -xxxx'."
                : null;
            return dump is not null;
        }

        return TryParseText(file, out dump, out error);
    }

    private static bool IsText(ReadOnlySpan<byte> file)
    {
        // Names of vendors in UTF-8 have bytes from 0x80 on; no configuration space is without bytes that no text has.
        foreach (var b in file)
        {
            if (b is (< 0x20 or 0x7f) and not ((byte)'\t' or (byte)'\n' or (byte)'\r'))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryParseText(ReadOnlySpan<byte> file, out ConfigDump? dump, out string? error)
    {
        dump = null;
        var config = new byte[s_sizes[^1]];
        var sizes = new ulong[BarCount];
        var romSize = 0UL;
        var used = 0;
        var number = 0;
        foreach (var range in file.Split((byte)'\n'))
        {
            number++;
            var line = Encoding.Latin1.GetString(file[range]).TrimEnd();
            if (IsSlot(line) && used != 0)
            {
                error = $"line {number} begins a second function, '{Shown(line)}': keep one, with 'lspci -xxxx -s ADDRESS'.";
                return false;
            }

            if (TryHexLine(line, out var offset, out var bytes))
            {
                if (!TryTake(bytes, offset, config, ref used))
                {
                    error = $"line {number} has the bytes from 0x{offset:x} on, but 0x{used:x} should come next: the dump was cut or put "
                        + "together. Take it again with 'lspci -xxxx -s ADDRESS'.";
                    return false;
                }
            }
            else if (LooksLikeHex(line))
            {
                error = $"line {number}, '{Shown(line)}', is no line of a dump: an offset, a colon and up to 16 bytes are needed, as in "
                    + "'00: 86 80 d3 10 …'.";
                return false;
            }
            else
            {
                TakeSize(line, sizes, ref romSize);
            }
        }

        error = s_sizes.Contains(used) ? null
            : used == 0 ? "it has no bytes of a configuration space: use the text of 'lspci -xxxx -s ADDRESS' or a copy of sysfs' config."
            : $"it has 0x{used:x} bytes: a configuration space has 64, 256 or 4096. Take it again with 'lspci -xxxx -s ADDRESS'.";
        dump = error is null ? new ConfigDump(config[..used], sizes, romSize) : null;
        return error is null;
    }

    /// <summary>A line's bytes, where they go on from the line before.</summary>
    private static bool TryTake(byte[] bytes, int offset, byte[] config, ref int used)
    {
        if (offset != used || used + bytes.Length > config.Length || used % BytesPerLine != 0)
        {
            return false;
        }

        bytes.CopyTo(config, used);
        used += bytes.Length;
        return true;
    }

    /// <summary>A size as people and lspci write it: a number, decimal or with 0x in front, and K, M, G or T.</summary>
    public static bool TryParseSize(ReadOnlySpan<char> text, out ulong size)
    {
        size = 0;
        var shift = text.IsEmpty ? 0 : char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 };
        var digits = shift == 0 ? text : text[..^1];
        var isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (!ulong.TryParse(
                isHex ? digits[2..] : digits,
                isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var number)
            || number > ulong.MaxValue >> shift)
        {
            return false;
        }

        size = number << shift;
        return true;
    }

    /// <summary>"00:05.0 …" or "0000:00:05.0 …", which begins a function.</summary>
    private static bool IsSlot(string line)
    {
        var end = line.IndexOf(' ', StringComparison.Ordinal);
        var slot = end < 0 ? line : line[..end];
        if (slot.Length < 7 || slot[^2] != '.' || slot[^5] != ':')
        {
            return false;
        }

        return slot.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.');
    }

    private static bool LooksLikeHex(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        return colon is >= 2 and <= 8 && !line.AsSpan(0, colon).ContainsAnyExcept(s_hexDigits) && !IsSlot(line);
    }

    private static bool TryHexLine(string line, out int offset, out byte[] bytes)
    {
        offset = 0;
        bytes = [];
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon is < 2 or > 4
            || !int.TryParse(line.AsSpan(0, colon), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out offset))
        {
            return false;
        }

        var words = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length is 0 or > BytesPerLine)
        {
            return false;
        }

        bytes = new byte[words.Length];
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i].Length != 2
                || !byte.TryParse(words[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>"Region 0: Memory at febd0000 (32-bit, non-prefetchable) [size=16K]", "Expansion ROM at … [size=256K]".</summary>
    private static void TakeSize(string line, ulong[] sizes, ref ulong romSize)
    {
        const string Region = "Region ";
        const string Size = "[size=";
        var text = line.AsSpan().Trim();
        var at = text.IndexOf(Size);
        if (at < 0)
        {
            return;
        }

        var tail = text[(at + Size.Length)..];
        var close = tail.IndexOf(']');
        if (close < 0 || !TryParseSize(tail[..close], out var size))
        {
            return;
        }

        if (text.StartsWith("Expansion ROM at "))
        {
            romSize = size;
        }
        else if (text.StartsWith(Region) && text.Length > Region.Length + 1 && text[Region.Length + 1] == ':'
            && (uint)(text[Region.Length] - '0') < BarCount)
        {
            sizes[text[Region.Length] - '0'] = size;
        }
    }

    private static string Shown(string line) => line.Length <= LongestShown ? line : line[..LongestShown] + "…";
}
