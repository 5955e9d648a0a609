namespace Viaduct.Abi;

/// <summary>enum iommu_hwpt_pgfault_perm, iommufd.h.</summary>
[Flags]
public enum IommuHwptPgfaultPerm : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Read.</summary>
    IOMMU_PGFAULT_PERM_READ = 1 << 0,

    /// <summary>Write.</summary>
    IOMMU_PGFAULT_PERM_WRITE = 1 << 1,

    /// <summary>Execute.</summary>
    IOMMU_PGFAULT_PERM_EXEC = 1 << 2,

    /// <summary>Privileged mode.</summary>
    IOMMU_PGFAULT_PERM_PRIV = 1 << 3,
}
