using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <content>Devices without an IOMMU: in the place of a container, and the addresses of what is mapped.</content>
public sealed partial class IommufdContext
{
    /// <summary>Groups without an IOMMU have been put in, and no others can be any more: ictx->no_iommu_mode.</summary>
    private bool _isNoIommu;

    /// <summary>iommufd_vfio_compat_set_no_iommu: a group without an IOMMU is put in.</summary>
    /// <returns>Zero, or EINVAL where there is an address space for others.</returns>
    public SysResult SetNoIommu()
    {
        lock (_lock)
        {
            if (_vfioIoas is not null)
            {
                return Errno.EINVAL;
            }

            _isNoIommu = true;
            return SysResult.Success;
        }
    }

    /// <summary>IOMMU_IOAS_NOIOMMU_GET_PA: the physical address of what is mapped, and how far it is contiguous.</summary>
    private SysResult GetPhysicalAddress(IommufdCall call)
    {
        var read = call.Read(IommuIoasNoiommuGetPa.StructSize, out IommuIoasNoiommuGetPa command);
        if (read.IsError)
        {
            return read;
        }

        if (!call.Caller.IsCapable(Capability.SysRawIo))
        {
            return Errno.EPERM;
        }

        if (command.Flags != 0 || command.Reserved != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        if (command.Length == 0)
        {
            return Errno.EINVAL;
        }

        if (command.Iova == ulong.MaxValue)
        {
            return Errno.EOVERFLOW;
        }

        lock (_lock)
        {
            if (!TryFindIoas(command.IoasId, out var ioas))
            {
                return Errno.ENOENT;
            }

            var found = ioas.GetPhysicalAddress(command.Iova, command.Length, out command.OutPhys, out command.Length);
            return found.IsError ? found : call.Respond(IommuIoasNoiommuGetPa.StructSize, command);
        }
    }
}
