using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_feature_mig_data_size, vfio.h: VFIO_DEVICE_FEATURE_MIG_DATA_SIZE.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceFeatureMigDataSize
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 8;

    /// <summary>Bytes that STOP_COPY will take, estimated.</summary>
    public ulong StopCopyLength;
}
