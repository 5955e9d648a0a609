using Viaduct.Abi;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;

namespace Viaduct.Pci.VfioPci;

/// <content>
/// VF tokens: who drives a physical function could read and disturb what its virtual ones do, so that the clients of both must
/// share a secret. Under the VFIO core's lock.
/// </content>
public sealed partial class VfioPciDevice
{
    // The one that has the physical function of a virtual one; null where that is not vfio-pci's.
    private readonly VfioPciDevice? _physical;

    // Of a physical function that can have virtual ones; whoever opens it may say another.
    private VfToken? _token;

    // Clients of its virtual functions.
    private int _tokenUsers;

    /// <summary>vfio_pci_validate_vf_token.</summary>
    public override SysResult MatchToken(VfToken? token)
    {
        if (Pci.PhysicalFunction is not null)
        {
            return _physical is null
                ? token is null ? SysResult.Success : Errno.EINVAL
                : token is not null && token == _physical._token ? SysResult.Success : Errno.EACCES;
        }

        if (_token is null)
        {
            return token is null ? SysResult.Success : Errno.EINVAL;
        }

        if (_tokenUsers > 0)
        {
            return token == _token ? SysResult.Success : Errno.EACCES;
        }

        _token = token ?? _token;
        return SysResult.Success;
    }

    /// <summary>VFIO_DEVICE_FEATURE_PCI_VF_TOKEN: another token from here on; who is in already stays.</summary>
    private SysResult SetToken(Caller caller, in VfioDeviceFeature feature, ulong argument)
    {
        if (_token is null)
        {
            return Errno.ENOTTY;
        }

        if (CheckSet(feature, VfToken.Size) is { } answer)
        {
            return answer;
        }

        if (!caller.Memory.TryRead(argument + VfioDeviceFeature.Size, out VfToken token))
        {
            return Errno.EFAULT;
        }

        lock (Gate)
        {
            _token = token;
            return SysResult.Success;
        }
    }
}
