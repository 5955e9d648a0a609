namespace Viaduct.Abi;

/// <summary>enum iommu_hwpt_pgfault_flags, iommufd.h.</summary>
[Flags]
public enum IommuHwptPgfaultFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary><see cref="IommuHwptPgfault.Pasid"/> is given.</summary>
    IOMMU_PGFAULT_FLAGS_PASID_VALID = 1 << 0,

    /// <summary>Last fault of the group.</summary>
    IOMMU_PGFAULT_FLAGS_LAST_PAGE = 1 << 1,
}
