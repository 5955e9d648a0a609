namespace Viaduct.Abi;

/// <summary><see cref="VfioRegionInfo.Flags"/>, vfio.h.</summary>
[Flags]
public enum VfioRegionInfoFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>The region can be read.</summary>
    VFIO_REGION_INFO_FLAG_READ = 1 << 0,

    /// <summary>The region can be written.</summary>
    VFIO_REGION_INFO_FLAG_WRITE = 1 << 1,

    /// <summary>The region can be mapped.</summary>
    VFIO_REGION_INFO_FLAG_MMAP = 1 << 2,

    /// <summary>A capability chain follows.</summary>
    VFIO_REGION_INFO_FLAG_CAPS = 1 << 3,
}
