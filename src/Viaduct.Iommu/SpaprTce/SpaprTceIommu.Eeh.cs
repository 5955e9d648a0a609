using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.SpaprTce;

public sealed partial class SpaprTceIommu
{
    /// <summary>vfio_spapr_ioctl_eeh_pe_op, for each group until one fails.</summary>
    private SysResult EehPeOp(ClientTask caller, ulong argument)
        => _groups.Count == 0 ? SysResult.Success : Errno.ENODEV;
}
