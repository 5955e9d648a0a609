using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_feature_mig_state, vfio.h: VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceFeatureMigState
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 8;

    /// <summary>The state.</summary>
    public VfioDeviceMigState DeviceState;

    /// <summary>Out: the migration data file where a transfer started, else -1.</summary>
    public int DataFd;
}
