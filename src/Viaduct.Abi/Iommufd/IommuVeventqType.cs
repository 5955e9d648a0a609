namespace Viaduct.Abi;

/// <summary>enum iommu_veventq_type, iommufd.h.</summary>
public enum IommuVeventqType : uint
{
    /// <summary>Reserved.</summary>
    IOMMU_VEVENTQ_TYPE_DEFAULT = 0,

    /// <summary><see cref="IommuVeventArmSmmuv3"/>.</summary>
    IOMMU_VEVENTQ_TYPE_ARM_SMMUV3 = 1,

    /// <summary><see cref="IommuVeventTegra241Cmdqv"/>.</summary>
    IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV = 2,
}
