namespace Viaduct.Abi;

/// <summary>enum iommu_hwpt_data_type, iommufd.h: what <see cref="IommuHwptAlloc.DataUptr"/> points to.</summary>
public enum IommuHwptDataType : uint
{
    /// <summary>Nothing.</summary>
    IOMMU_HWPT_DATA_NONE = 0,

    /// <summary><see cref="IommuHwptVtdS1"/>.</summary>
    IOMMU_HWPT_DATA_VTD_S1 = 1,

    /// <summary><see cref="IommuHwptArmSmmuv3"/>.</summary>
    IOMMU_HWPT_DATA_ARM_SMMUV3 = 2,

    /// <summary><see cref="IommuHwptAmdGuest"/>.</summary>
    IOMMU_HWPT_DATA_AMD_GUEST = 3,
}
