namespace Viaduct.Abi;

/// <summary>enum iommu_hw_info_arm_smmuv3_flags, iommufd.h.</summary>
[Flags]
public enum IommuHwInfoArmSmmuv3Flags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Erratum: TLB and configuration invalidations must be repeated.</summary>
    IOMMU_HW_INFO_ARM_SMMUV3_ERRATA_REPEAT_TLBI_CFGI = 1 << 0,
}
