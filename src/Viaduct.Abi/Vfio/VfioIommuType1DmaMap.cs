using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_iommu_type1_dma_map, vfio.h: VFIO_IOMMU_MAP_DMA.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuType1DmaMap
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 32;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 32;

    /// <summary>Bytes that the caller provides.</summary>
    public uint ArgSz;

    /// <summary>Rights.</summary>
    public VfioDmaMapFlags Flags;

    /// <summary>Address in the process.</summary>
    public ulong Vaddr;

    /// <summary>First IOVA.</summary>
    public ulong Iova;

    /// <summary>Bytes.</summary>
    public ulong Size;
}
