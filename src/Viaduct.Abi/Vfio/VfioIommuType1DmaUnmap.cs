using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_iommu_type1_dma_unmap, vfio.h: VFIO_IOMMU_UNMAP_DMA.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuType1DmaUnmap
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 24;

    /// <summary>sizeof of the struct, in bytes, without the array <c>data</c> that follows it.</summary>
    public const int StructSize = 24;

    /// <summary>Bytes of this struct and its data.</summary>
    public uint ArgSz;

    /// <summary>What to do beside.</summary>
    public VfioDmaUnmapFlags Flags;

    /// <summary>First IOVA.</summary>
    public ulong Iova;

    /// <summary>Bytes; out: bytes unmapped.</summary>
    public ulong Size;
}
