namespace Viaduct.Cli.Tce;

/// <summary>Who answers the calls of a replay.</summary>
internal enum ReplayStage
{
    /// <summary>Nobody: entries are stored in the hardware's table, and nothing is checked. What the rest is measured by.</summary>
    Direct,

    /// <summary>KVM's fast handler, and the slow one for what it gives up.</summary>
    Fast,

    /// <summary>KVM's handler that may sleep.</summary>
    Slow,

    /// <summary>The VMM, by VFIO_IOMMU_MAP_DMA and VFIO_IOMMU_UNMAP_DMA: no call is KVM's.</summary>
    Exit,
}
