namespace Viaduct.Abi;

/// <summary>Operations and states of enhanced error handling, for <see cref="VfioEehPeOp"/>.</summary>
public static class VfioEeh
{
    /// <summary>Switch error handling off.</summary>
    public const uint VFIO_EEH_PE_DISABLE = 0;

    /// <summary>Switch error handling on.</summary>
    public const uint VFIO_EEH_PE_ENABLE = 1;

    /// <summary>Let a frozen endpoint's MMIO through.</summary>
    public const uint VFIO_EEH_PE_UNFREEZE_IO = 2;

    /// <summary>Let a frozen endpoint's DMA through.</summary>
    public const uint VFIO_EEH_PE_UNFREEZE_DMA = 3;

    /// <summary>Read the state, one of VFIO_EEH_PE_STATE_*.</summary>
    public const uint VFIO_EEH_PE_GET_STATE = 4;

    /// <summary>The endpoint works.</summary>
    public const uint VFIO_EEH_PE_STATE_NORMAL = 0;

    /// <summary>The endpoint is held in reset.</summary>
    public const uint VFIO_EEH_PE_STATE_RESET = 1;

    /// <summary>MMIO and DMA are stopped.</summary>
    public const uint VFIO_EEH_PE_STATE_STOPPED = 2;

    /// <summary>DMA is stopped.</summary>
    public const uint VFIO_EEH_PE_STATE_STOPPED_DMA = 4;

    /// <summary>The state is not known.</summary>
    public const uint VFIO_EEH_PE_STATE_UNAVAIL = 5;

    /// <summary>Release the reset.</summary>
    public const uint VFIO_EEH_PE_RESET_DEACTIVATE = 5;

    /// <summary>Assert a hot reset.</summary>
    public const uint VFIO_EEH_PE_RESET_HOT = 6;

    /// <summary>Assert a fundamental reset.</summary>
    public const uint VFIO_EEH_PE_RESET_FUNDAMENTAL = 7;

    /// <summary>Restore the bridges' configuration.</summary>
    public const uint VFIO_EEH_PE_CONFIGURE = 8;

    /// <summary>Inject an error, <see cref="VfioEehPeErr"/>.</summary>
    public const uint VFIO_EEH_PE_INJECT_ERR = 9;
}
