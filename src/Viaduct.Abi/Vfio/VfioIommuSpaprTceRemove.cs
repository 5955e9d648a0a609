using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_iommu_spapr_tce_remove, vfio.h: VFIO_IOMMU_SPAPR_TCE_REMOVE.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuSpaprTceRemove
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 16;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>Bytes that the caller provides.</summary>
    public uint ArgSz;

    /// <summary>0.</summary>
    public uint Flags;

    /// <summary>First bus address of the window.</summary>
    public ulong StartAddr;
}
