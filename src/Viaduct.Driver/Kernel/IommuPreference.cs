namespace Viaduct.Driver;

/// <summary>Which of the kernel's IOMMU interfaces a container uses.</summary>
public enum IommuPreference
{
    /// <summary>Type1v2, or type1 where the kernel has no v2.</summary>
    Any = 0,

    /// <summary>VFIO_TYPE1_IOMMU only.</summary>
    Type1 = 1,

    /// <summary>VFIO_TYPE1v2_IOMMU only.</summary>
    Type1V2 = 3,
}
