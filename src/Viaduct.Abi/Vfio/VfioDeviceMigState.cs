namespace Viaduct.Abi;

/// <summary>enum vfio_device_mig_state, vfio.h: states of migration version 2.</summary>
public enum VfioDeviceMigState : uint
{
    /// <summary>Failed; only a reset helps.</summary>
    VFIO_DEVICE_STATE_ERROR = 0,

    /// <summary>Nothing changes, inside or outside.</summary>
    VFIO_DEVICE_STATE_STOP = 1,

    /// <summary>Normal.</summary>
    VFIO_DEVICE_STATE_RUNNING = 2,

    /// <summary>Stopped, the state can be read.</summary>
    VFIO_DEVICE_STATE_STOP_COPY = 3,

    /// <summary>Stopped, a state is being loaded.</summary>
    VFIO_DEVICE_STATE_RESUMING = 4,

    /// <summary>Running without DMA to other devices.</summary>
    VFIO_DEVICE_STATE_RUNNING_P2P = 5,

    /// <summary>Running, changes are tracked.</summary>
    VFIO_DEVICE_STATE_PRE_COPY = 6,

    /// <summary>The same without DMA to other devices.</summary>
    VFIO_DEVICE_STATE_PRE_COPY_P2P = 7,

    /// <summary>Number of states.</summary>
    VFIO_DEVICE_STATE_NR = 8,
}
