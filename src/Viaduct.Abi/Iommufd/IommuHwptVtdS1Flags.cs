namespace Viaduct.Abi;

/// <summary>enum iommu_hwpt_vtd_s1_flags, iommufd.h.</summary>
[Flags]
public enum IommuHwptVtdS1Flags : ulong
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Supervisor requests.</summary>
    IOMMU_VTD_S1_SRE = 1 << 0,

    /// <summary>Extended access flag.</summary>
    IOMMU_VTD_S1_EAFE = 1 << 1,

    /// <summary>Write protection.</summary>
    IOMMU_VTD_S1_WPE = 1 << 2,
}
