using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_iommu_spapr_tce_info, vfio.h: VFIO_IOMMU_SPAPR_TCE_GET_INFO.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuSpaprTceInfo
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 16;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 32;

    /// <summary>Bytes that the caller provides.</summary>
    public uint ArgSz;

    /// <summary>What is filled.</summary>
    public VfioSpaprTceInfoFlags Flags;

    /// <summary>First bus address of the default window.</summary>
    public uint Dma32WindowStart;

    /// <summary>Its bytes.</summary>
    public uint Dma32WindowSize;

    /// <summary>Dynamic DMA windows; filled where argsz reaches it.</summary>
    public VfioIommuSpaprTceDdwInfo Ddw;
}
