using Viaduct.Abi;
using Viaduct.Vfio.Devices;

namespace Viaduct.Pci.VfioPci;

/// <content>The match operation: the name, and options behind it.</content>
public sealed partial class VfioPciDevice
{
    private static ReadOnlySpan<byte> TokenOption => "vf_token="u8;

    /// <summary>vfio_pci_core_match: the name, then nothing or options with spaces before them, of which there is only
    /// <c>vf_token=UUID</c>.</summary>
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

        VfToken? token = null;
        while (!options.IsEmpty)
        {
            if (options[0] == ' ')
            {
                options = options[1..];
                continue;
            }

            if (token is not null || !options.StartsWith(TokenOption) || !VfToken.TryParse(options[TokenOption.Length..], out var parsed))
            {
                return Errno.EINVAL;
            }

            token = parsed;
            options = options[(TokenOption.Length + VfToken.TextLength)..];
        }

        var matched = MatchToken(token);
        return matched.IsError ? matched : SysResult.FromValue(1);
    }
}
