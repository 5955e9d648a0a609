namespace Viaduct.Abi;

/// <summary><see cref="VfioDeviceMigrationInfo.DeviceState"/>, vfio.h; migration version 1, no longer used.</summary>
[Flags]
public enum VfioDeviceMigrationStateV1Flags : uint
{
    /// <summary>Stopped.</summary>
    VFIO_DEVICE_STATE_V1_STOP = 0,

    /// <summary>Running.</summary>
    VFIO_DEVICE_STATE_V1_RUNNING = 1 << 0,

    /// <summary>Being saved.</summary>
    VFIO_DEVICE_STATE_V1_SAVING = 1 << 1,

    /// <summary>Being loaded.</summary>
    VFIO_DEVICE_STATE_V1_RESUMING = 1 << 2,

    /// <summary>All state bits.</summary>
    VFIO_DEVICE_STATE_MASK = 7,
}
