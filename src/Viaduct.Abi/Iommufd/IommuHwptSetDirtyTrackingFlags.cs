namespace Viaduct.Abi;

/// <summary>enum iommufd_hwpt_set_dirty_tracking_flags, iommufd.h.</summary>
[Flags]
public enum IommuHwptSetDirtyTrackingFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Start; without it, stop.</summary>
    IOMMU_HWPT_DIRTY_TRACKING_ENABLE = 1,
}
