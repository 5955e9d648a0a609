namespace Viaduct.Abi;

/// <summary><see cref="VfioDeviceInfo.Flags"/>, vfio.h.</summary>
[Flags]
public enum VfioDeviceInfoFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>VFIO_DEVICE_RESET works.</summary>
    VFIO_DEVICE_FLAGS_RESET = 1 << 0,

    /// <summary>A PCI device.</summary>
    VFIO_DEVICE_FLAGS_PCI = 1 << 1,

    /// <summary>A platform device.</summary>
    VFIO_DEVICE_FLAGS_PLATFORM = 1 << 2,

    /// <summary>An AMBA device.</summary>
    VFIO_DEVICE_FLAGS_AMBA = 1 << 3,

    /// <summary>A channel I/O device.</summary>
    VFIO_DEVICE_FLAGS_CCW = 1 << 4,

    /// <summary>An adjunct processor.</summary>
    VFIO_DEVICE_FLAGS_AP = 1 << 5,

    /// <summary>A Freescale management complex device.</summary>
    VFIO_DEVICE_FLAGS_FSL_MC = 1 << 6,

    /// <summary>A capability chain follows.</summary>
    VFIO_DEVICE_FLAGS_CAPS = 1 << 7,

    /// <summary>A CDX device.</summary>
    VFIO_DEVICE_FLAGS_CDX = 1 << 8,
}
