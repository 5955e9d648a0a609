namespace Viaduct.Abi;

/// <summary>Extension numbers of vfio.h: IOMMU drivers for VFIO_SET_IOMMU, and properties for VFIO_CHECK_EXTENSION
/// only.</summary>
public static class VfioIommuType
{
    /// <summary>Type1 IOMMU driver; an unmap may cut a mapping in two.</summary>
    public const uint VFIO_TYPE1_IOMMU = 1;

    /// <summary>sPAPR TCE driver, version 1.</summary>
    public const uint VFIO_SPAPR_TCE_IOMMU = 2;

    /// <summary>Type1 IOMMU driver, version 2: an unmap must not cut a mapping in two.</summary>
    public const uint VFIO_TYPE1v2_IOMMU = 3;

    /// <summary>Property: DMA is cache coherent in this container.</summary>
    public const uint VFIO_DMA_CC_IOMMU = 4;

    /// <summary>Property: enhanced error handling is there.</summary>
    public const uint VFIO_EEH = 5;

    /// <summary>Formerly two-stage translation; reserved.</summary>
    public const uint __VFIO_RESERVED_TYPE1_NESTING_IOMMU = 6;

    /// <summary>sPAPR TCE driver, version 2: memory is registered before it is mapped.</summary>
    public const uint VFIO_SPAPR_TCE_v2_IOMMU = 7;

    /// <summary>No IOMMU: no translation, no isolation.</summary>
    public const uint VFIO_NOIOMMU_IOMMU = 8;

    /// <summary>Property: <see cref="VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_ALL"/> works.</summary>
    public const uint VFIO_UNMAP_ALL = 9;

    /// <summary>Property: the VADDR flags of map and unmap work.</summary>
    public const uint VFIO_UPDATE_VADDR = 10;
}
