using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_iommu_type1_info_dma_avail, vfio.h: how many more mappings are allowed.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuType1InfoDmaAvail
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 12;

    /// <summary>VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, version 1.</summary>
    public VfioInfoCapHeader Header;

    /// <summary>Mappings.</summary>
    public uint Avail;
}
