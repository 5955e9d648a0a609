namespace Viaduct.Abi;

/// <summary>enum iommu_hwpt_vtd_s1_invalidate_flags, iommufd.h.</summary>
[Flags]
public enum IommuHwptVtdS1InvalidateFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Leaf entries only.</summary>
    IOMMU_VTD_INV_FLAGS_LEAF = 1 << 0,
}
