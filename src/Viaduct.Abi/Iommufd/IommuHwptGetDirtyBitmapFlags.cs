namespace Viaduct.Abi;

/// <summary>enum iommufd_hwpt_get_dirty_bitmap_flags, iommufd.h.</summary>
[Flags]
public enum IommuHwptGetDirtyBitmapFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Leave the bits set.</summary>
    IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR = 1,
}
