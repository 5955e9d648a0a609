namespace Viaduct.Iommu;

/// <summary>A line of /sys/kernel/iommu_groups/N/reserved_regions; both ends belong to it.</summary>
public readonly record struct ReservedRegion(ulong First, ulong Last, string Type);
