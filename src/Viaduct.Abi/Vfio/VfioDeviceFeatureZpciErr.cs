using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_feature_zpci_err, vfio.h: VFIO_DEVICE_FEATURE_ZPCI_ERROR.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceFeatureZpciErr
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 8;

    /// <summary>Address of the buffer that the error record is copied to.</summary>
    public ulong Data;
}
