namespace Viaduct.Abi;

/// <summary>enum iommu_hw_info_vtd_flags, iommufd.h.</summary>
[Flags]
public enum IommuHwInfoVtdFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Erratum 772415: no read-only mappings below a nested table.</summary>
    IOMMU_HW_INFO_VTD_ERRATA_772415_SPR17 = 1 << 0,
}
