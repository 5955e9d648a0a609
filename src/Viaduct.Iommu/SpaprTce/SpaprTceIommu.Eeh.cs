using Viaduct.Abi;
using Viaduct.Iommu.Eeh;
using Viaduct.Memory;

namespace Viaduct.Iommu.SpaprTce;

public sealed partial class SpaprTceIommu
{
    /// <summary>VFIO_EEH_PE_OP: on each group, until one answers other than zero.</summary>
    private SysResult EehPeOp(ClientTask caller, ulong argument)
    {
        var result = SysResult.Success;
        foreach (var group in _groups)
        {
            result = EehPeOp(caller, argument, group.Endpoint);
            if (result != SysResult.Success)
            {
                break;
            }
        }

        return result;
    }

    /// <summary>vfio_spapr_ioctl_eeh_pe_op.</summary>
    private static SysResult EehPeOp(ClientTask caller, ulong argument, EehPe? endpoint)
    {
        if (endpoint is null)
        {
            return Errno.ENODEV;
        }

        if (!caller.Memory.TryReadPrefix<VfioEehPeOp>(argument, VfioEehPeOp.MinSize, out var operation))
        {
            return Errno.EFAULT;
        }

        if (operation.ArgSz < VfioEehPeOp.MinSize || operation.Flags != 0)
        {
            return Errno.EINVAL;
        }

        if (operation.Op != VfioEeh.VFIO_EEH_PE_INJECT_ERR)
        {
            return endpoint.Operate(operation.Op);
        }

        if (operation.ArgSz < VfioEehPeOp.Size)
        {
            return Errno.EINVAL;
        }

        return caller.Memory.TryRead(argument, out operation) ? endpoint.Inject(operation.Err) : Errno.EFAULT;
    }
}
