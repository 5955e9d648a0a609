namespace Viaduct.Iommu;

/// <summary>A line of /sys/kernel/iommu_groups/N/reserved_regions; both ends belong to it.</summary>
public readonly record struct ReservedRegion(ulong First, ulong Last, string Type)
{
    /// <summary>User space may have it all the same: IOMMU_RESV_DIRECT_RELAXABLE.</summary>
    public bool IsRelaxable => Type == "direct-relaxable";
}
