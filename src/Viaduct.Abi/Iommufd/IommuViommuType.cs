namespace Viaduct.Abi;

/// <summary>enum iommu_viommu_type, iommufd.h.</summary>
public enum IommuViommuType : uint
{
    /// <summary>Reserved.</summary>
    IOMMU_VIOMMU_TYPE_DEFAULT = 0,

    /// <summary>Arm SMMUv3.</summary>
    IOMMU_VIOMMU_TYPE_ARM_SMMUV3 = 1,

    /// <summary>Tegra241 CMDQV.</summary>
    IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV = 2,
}
