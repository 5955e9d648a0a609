namespace Viaduct.Abi;

/// <summary>enum iommu_hw_info_type, iommufd.h.</summary>
public enum IommuHwInfoType : uint
{
    /// <summary>Nothing known.</summary>
    IOMMU_HW_INFO_TYPE_NONE = 0,

    /// <summary><see cref="IommuHwInfoVtd"/>.</summary>
    IOMMU_HW_INFO_TYPE_INTEL_VTD = 1,

    /// <summary><see cref="IommuHwInfoArmSmmuv3"/>.</summary>
    IOMMU_HW_INFO_TYPE_ARM_SMMUV3 = 2,

    /// <summary><see cref="IommuHwInfoTegra241Cmdqv"/>.</summary>
    IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV = 3,

    /// <summary><see cref="IommuHwInfoAmd"/>.</summary>
    IOMMU_HW_INFO_TYPE_AMD = 4,
}
