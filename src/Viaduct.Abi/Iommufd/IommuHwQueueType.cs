namespace Viaduct.Abi;

/// <summary>enum iommu_hw_queue_type, iommufd.h.</summary>
public enum IommuHwQueueType : uint
{
    /// <summary>Reserved.</summary>
    IOMMU_HW_QUEUE_TYPE_DEFAULT = 0,

    /// <summary>Tegra241 virtual command queue.</summary>
    IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV = 1,
}
