using Viaduct.Abi;

namespace Viaduct.Pci.VfioPci;

/// <content>The match operation: the name, and options behind it.</content>
public sealed partial class VfioPciDevice
{
    private const int UuidLength = 36;

    private static ReadOnlySpan<byte> TokenOption => "vf_token="u8;

    /// <summary>vfio_pci_core_match: the name, then nothing or options with spaces before them, of which there is only
    /// <c>vf_token=UUID</c>. No function here has virtual ones, and none is one, so that a token is EINVAL
    /// always.</summary>
    public override SysResult Match(ReadOnlySpan<byte> request)
    {
        if (!request.StartsWith(_name))
        {
            return SysResult.FromValue(0);
        }

        var options = request[_name.Length..];
        if (!options.IsEmpty && options[0] != ' ')
        {
            return SysResult.FromValue(0);
        }

        var hasToken = false;
        while (!options.IsEmpty)
        {
            if (options[0] == ' ')
            {
                options = options[1..];
                continue;
            }

            if (hasToken || !options.StartsWith(TokenOption) || !IsUuid(options[TokenOption.Length..]))
            {
                return Errno.EINVAL;
            }

            hasToken = true;
            options = options[(TokenOption.Length + UuidLength)..];
        }

        return hasToken ? Errno.EINVAL : SysResult.FromValue(1);
    }

    /// <summary>uuid_is_valid: hexadecimal digits of either case with dashes between; what follows does not
    /// matter.</summary>
    private static bool IsUuid(ReadOnlySpan<byte> text)
    {
        if (text.Length < UuidLength)
        {
            return false;
        }

        for (var i = 0; i < UuidLength; i++)
        {
            var wantsDash = i is 8 or 13 or 18 or 23;
            if (wantsDash ? text[i] != '-' : !char.IsAsciiHexDigit((char)text[i]))
            {
                return false;
            }
        }

        return true;
    }
}
