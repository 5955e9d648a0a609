using System.Text;

namespace Viaduct.Abi;

/// <summary>How the kernel reads what is written to an attribute or a parameter: C strings, kstrtobool() and kstrtoull().</summary>
public static class KernelText
{
    /// <summary>The text of what was written: up to the first zero byte.</summary>
    /// <param name="bytes">What was written.</param>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]);
    }

    /// <summary>sysfs_streq(): one newline at the end of what was written does not matter.</summary>
    public static bool IsSame(string written, string name)
        => written == name || (written.Length == name.Length + 1 && written[^1] == '\n' && written.StartsWith(name, StringComparison.Ordinal));

    /// <summary>kstrtobool(): only the first character counts, and of <c>on</c> and <c>off</c> the second.</summary>
    /// <returns>Zero or EINVAL.</returns>
    public static SysResult ParseBool(string text, out bool value)
    {
        value = false;
        switch (text)
        {
            case ['e' or 'E' or 'y' or 'Y' or 't' or 'T' or '1', ..]:
            case ['o' or 'O', 'n' or 'N', ..]:
                value = true;
                return SysResult.Success;
            case ['d' or 'D' or 'n' or 'N' or 'f' or 'F' or '0', ..]:
            case ['o' or 'O', 'f' or 'F', ..]:
                return SysResult.Success;
            default:
                return Errno.EINVAL;
        }
    }

    /// <summary>kstrtoull() and its narrower kin, with base 0: decimal, 0x and 0 before octal digits; one newline may follow.</summary>
    /// <param name="text">The text.</param>
    /// <param name="limit">The largest value of the type.</param>
    /// <param name="value">The number.</param>
    /// <returns>Zero; EINVAL; ERANGE.</returns>
    public static SysResult ParseUnsigned(string text, ulong limit, out ulong value)
    {
        value = 0;
        var rest = text.AsSpan();
        if (rest is ['+', ..])
        {
            rest = rest[1..];
        }

        if (rest is [.., '\n'])
        {
            rest = rest[..^1];
        }

        var radix = 10u;
        if (rest.Length > 2 && rest[0] == '0' && (rest[1] | 0x20) == 'x' && char.IsAsciiHexDigit(rest[2]))
        {
            radix = 16;
            rest = rest[2..];
        }
        else if (rest is ['0', ..])
        {
            radix = 8;
        }

        return ParseDigits(rest, radix, limit, ref value);
    }

    private static SysResult ParseDigits(ReadOnlySpan<char> digits, uint radix, ulong limit, ref ulong value)
    {
        if (digits.IsEmpty)
        {
            return Errno.EINVAL;
        }

        var isTooLarge = false;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiHexDigit(c) ? (uint)Convert.ToInt32(c.ToString(), 16) : uint.MaxValue;
            if (digit >= radix)
            {
                return Errno.EINVAL;
            }

            isTooLarge |= value > (limit - digit) / radix;
            value = (value * radix) + digit;
        }

        return isTooLarge ? Errno.ERANGE : SysResult.Success;
    }
}
