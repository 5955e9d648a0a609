using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_feature_bus_master, vfio.h: VFIO_DEVICE_FEATURE_BUS_MASTER.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceFeatureBusMaster
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 4;

    /// <summary>VFIO_DEVICE_FEATURE_CLEAR_MASTER or VFIO_DEVICE_FEATURE_SET_MASTER.</summary>
    public uint Op;
}
