using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_iommu_spapr_tce_create, vfio.h: VFIO_IOMMU_SPAPR_TCE_CREATE.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuSpaprTceCreate
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 40;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 40;

    /// <summary>Bytes that the caller provides.</summary>
    public uint ArgSz;

    /// <summary>0.</summary>
    public uint Flags;

    /// <summary>Page size, log2 of its bytes.</summary>
    public uint PageShift;

    /// <summary>Reserved.</summary>
    public uint Resv1;

    /// <summary>Bytes.</summary>
    public ulong WindowSize;

    /// <summary>Levels of the TCE table.</summary>
    public uint Levels;

    /// <summary>Reserved.</summary>
    public uint Resv2;

    /// <summary>Out: first bus address of the window.</summary>
    public ulong StartAddr;
}
