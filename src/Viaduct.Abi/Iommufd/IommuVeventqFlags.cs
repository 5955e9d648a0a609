namespace Viaduct.Abi;

/// <summary>enum iommu_veventq_flag, iommufd.h.</summary>
[Flags]
public enum IommuVeventqFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Events were lost.</summary>
    IOMMU_VEVENTQ_FLAG_LOST_EVENTS = 1 << 0,
}
