namespace Viaduct.Abi;

/// <summary>enum iommufd_ioas_map_flags, iommufd.h: for map, map file and copy.</summary>
[Flags]
public enum IommuIoasMapFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>The caller gives the IOVA; otherwise the kernel picks one.</summary>
    IOMMU_IOAS_MAP_FIXED_IOVA = 1 << 0,

    /// <summary>Devices may write.</summary>
    IOMMU_IOAS_MAP_WRITEABLE = 1 << 1,

    /// <summary>Devices may read.</summary>
    IOMMU_IOAS_MAP_READABLE = 1 << 2,
}
