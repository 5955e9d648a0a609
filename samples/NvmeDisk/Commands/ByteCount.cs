using System.Globalization;

namespace NvmeDisk.Commands;

/// <summary>Numbers of bytes as people type them.</summary>
internal static class ByteCount
{
    /// <summary>Reads <c>512</c>, <c>4k</c> or <c>1m</c>.</summary>
    internal static bool TryParse(string text, out int bytes)
    {
        var shift = text switch
        {
            [.., 'k' or 'K'] => 10,
            [.., 'm' or 'M'] => 20,
            _ => 0,
        };
        var digits = shift == 0 ? text.AsSpan() : text.AsSpan(..^1);
        bytes = 0;
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            || value > int.MaxValue >> shift)
        {
            return false;
        }

        bytes = value << shift;
        return true;
    }
}
