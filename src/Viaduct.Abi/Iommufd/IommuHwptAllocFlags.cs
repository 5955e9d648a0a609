namespace Viaduct.Abi;

/// <summary>enum iommufd_hwpt_alloc_flags, iommufd.h.</summary>
[Flags]
public enum IommuHwptAllocFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Others may be nested in it.</summary>
    IOMMU_HWPT_ALLOC_NEST_PARENT = 1 << 0,

    /// <summary>Only devices that support dirty tracking may be attached.</summary>
    IOMMU_HWPT_ALLOC_DIRTY_TRACKING = 1 << 1,

    /// <summary><see cref="IommuHwptAlloc.FaultId"/> is given.</summary>
    IOMMU_HWPT_FAULT_ID_VALID = 1 << 2,

    /// <summary>PASIDs may be attached.</summary>
    IOMMU_HWPT_ALLOC_PASID = 1 << 3,
}
