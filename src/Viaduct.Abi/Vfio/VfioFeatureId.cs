namespace Viaduct.Abi;

/// <summary>Device features of vfio.h: the low 16 bits of <see cref="VfioDeviceFeature.Flags"/>.</summary>
public static class VfioFeatureId
{
    /// <summary>Set: the 16-byte UUID shared by the users of a physical and its virtual functions.</summary>
    public const uint VFIO_DEVICE_FEATURE_PCI_VF_TOKEN = 0;

    /// <summary>Get: <see cref="VfioDeviceFeatureMigration"/>.</summary>
    public const uint VFIO_DEVICE_FEATURE_MIGRATION = 1;

    /// <summary>Get, set: <see cref="VfioDeviceFeatureMigState"/>.</summary>
    public const uint VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE = 2;

    /// <summary>Set: allow low power states; no data.</summary>
    public const uint VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY = 3;

    /// <summary>Set: the same and be told of the wake-up, <see cref="VfioDeviceLowPowerEntryWithWakeup"/>.</summary>
    public const uint VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP = 4;

    /// <summary>Set: leave low power states; no data.</summary>
    public const uint VFIO_DEVICE_FEATURE_LOW_POWER_EXIT = 5;

    /// <summary>Set: <see cref="VfioDeviceFeatureDmaLoggingControl"/>.</summary>
    public const uint VFIO_DEVICE_FEATURE_DMA_LOGGING_START = 6;

    /// <summary>Set: stop logging; no data.</summary>
    public const uint VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP = 7;

    /// <summary>Get: <see cref="VfioDeviceFeatureDmaLoggingReport"/>.</summary>
    public const uint VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT = 8;

    /// <summary>Get: <see cref="VfioDeviceFeatureMigDataSize"/>.</summary>
    public const uint VFIO_DEVICE_FEATURE_MIG_DATA_SIZE = 9;

    /// <summary>Set: <see cref="VfioDeviceFeatureBusMaster"/>.</summary>
    public const uint VFIO_DEVICE_FEATURE_BUS_MASTER = 10;

    /// <summary>Get: <see cref="VfioDeviceFeatureDmaBuf"/>; the ioctl returns a file descriptor.</summary>
    public const uint VFIO_DEVICE_FEATURE_DMA_BUF = 11;

    /// <summary>Set: from now on <see cref="VfioPrecopyInfo.Flags"/> is meaningful; no data.</summary>
    public const uint VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2 = 12;

    /// <summary>Get: <see cref="VfioDeviceFeatureZpciErr"/>, a pending error of a zPCI function.</summary>
    public const uint VFIO_DEVICE_FEATURE_ZPCI_ERROR = 13;
}
