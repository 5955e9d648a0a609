namespace Viaduct.Abi;

/// <summary>enum iommu_hwpt_invalidate_data_type, iommufd.h.</summary>
public enum IommuHwptInvalidateDataType : uint
{
    /// <summary><see cref="IommuHwptVtdS1Invalidate"/>.</summary>
    IOMMU_HWPT_INVALIDATE_DATA_VTD_S1 = 0,

    /// <summary><see cref="IommuViommuArmSmmuv3Invalidate"/>.</summary>
    IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3 = 1,
}
