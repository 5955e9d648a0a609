namespace Viaduct.Abi;

/// <summary><see cref="VfioIommuType1DmaUnmap.Flags"/>, vfio.h.</summary>
[Flags]
public enum VfioDmaUnmapFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Report dirty pages; a <see cref="VfioBitmap"/> follows.</summary>
    VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP = 1 << 0,

    /// <summary>Everything; IOVA and size are 0.</summary>
    VFIO_DMA_UNMAP_FLAG_ALL = 1 << 1,

    /// <summary>Keep the mappings, forget their process addresses.</summary>
    VFIO_DMA_UNMAP_FLAG_VADDR = 1 << 2,
}
