namespace Viaduct.Abi;

/// <summary><see cref="VfioIommuType1DirtyBitmap.Flags"/>, vfio.h: exactly one.</summary>
[Flags]
public enum VfioDirtyPagesFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Start tracking.</summary>
    VFIO_IOMMU_DIRTY_PAGES_FLAG_START = 1 << 0,

    /// <summary>Stop tracking.</summary>
    VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP = 1 << 1,

    /// <summary>Read; a <see cref="VfioIommuType1DirtyBitmapGet"/> follows.</summary>
    VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP = 1 << 2,
}
