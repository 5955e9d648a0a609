using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Viaduct.Devices.Replica;

/// <summary>sysfs' <c>resource</c> of a function: a line for each BAR and the ROM, with its first and last address and its flags.</summary>
/// <param name="Sizes">Bytes of BAR0 to BAR5 and the expansion ROM; zero where there is none.</param>
/// <param name="IsIo">Which of them are I/O ports.</param>
/// <param name="VirtualSizes">Bytes of the BARs that all virtual functions share, by index; zero where there are none.</param>
public sealed record ResourceTable(IReadOnlyList<ulong> Sizes, IReadOnlyList<bool> IsIo, IReadOnlyList<ulong> VirtualSizes)
{
    /// <summary>Where the expansion ROM is in <see cref="Sizes"/>.</summary>
    public const int RomIndex = 6;

    private const int Used = 7;
    private const ulong IoFlag = 0x100;

    /// <summary>Reads a table.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="table">What it holds.</param>
    /// <param name="error">What is wrong, where, and what would be right; a sentence that the file's name can stand before.</param>
    public static bool TryParse(ReadOnlySpan<byte> file, [NotNullWhen(true)] out ResourceTable? table, [NotNullWhen(false)] out string? error)
    {
        table = null;
        var sizes = new ulong[Used];
        var isIo = new bool[Used];
        var virtualSizes = new ulong[RomIndex];
        var index = 0;
        foreach (var range in file.Split((byte)'\n'))
        {
            var line = Encoding.Latin1.GetString(file[range]).Trim();
            if (line.Length == 0)
            {
                continue;
            }

            if (!TryLine(line, out var first, out var last, out var flags) || last < first)
            {
                error = $"line {index + 1} is not 'FIRST LAST FLAGS', three numbers with 0x: use a copy of sysfs' resource.";
                return false;
            }

            if (index < Used)
            {
                sizes[index] = last == 0 ? 0 : last - first + 1;
                isIo[index] = (flags & IoFlag) != 0;
            }
            else if (index < Used + RomIndex)
            {
                virtualSizes[index - Used] = last == 0 ? 0 : last - first + 1;
            }

            index++;
        }

        if (index < Used)
        {
            error = $"it has {index} lines: sysfs' resource has one for each of six BARs and the ROM, at least.";
            return false;
        }

        table = new ResourceTable(sizes, isIo, virtualSizes);
        error = null;
        return true;
    }

    private static bool TryLine(string line, out ulong first, out ulong last, out ulong flags)
    {
        first = last = flags = 0;
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 3 && TryHex(words[0], out first) && TryHex(words[1], out last) && TryHex(words[2], out flags);
    }

    private static bool TryHex(string word, out ulong value)
    {
        value = 0;
        return word.StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
