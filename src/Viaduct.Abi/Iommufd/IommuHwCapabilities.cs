namespace Viaduct.Abi;

/// <summary>enum iommufd_hw_capabilities, iommufd.h.</summary>
[Flags]
public enum IommuHwCapabilities : ulong
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Dirty tracking.</summary>
    IOMMU_HW_CAP_DIRTY_TRACKING = 1 << 0,

    /// <summary>PASID with execute permission.</summary>
    IOMMU_HW_CAP_PCI_PASID_EXEC = 1 << 1,

    /// <summary>PASID with privileged mode.</summary>
    IOMMU_HW_CAP_PCI_PASID_PRIV = 1 << 2,

    /// <summary>No address translation service.</summary>
    IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED = 1 << 3,
}
