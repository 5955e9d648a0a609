using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_feature, vfio.h: VFIO_DEVICE_FEATURE.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceFeature
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 8;

    /// <summary>sizeof of the struct, in bytes, without the array <c>data</c> that follows it.</summary>
    public const int Size = 8;

    /// <summary>Bytes of this struct and its data.</summary>
    public uint ArgSz;

    /// <summary>The feature and the operation.</summary>
    public VfioDeviceFeatureFlags Flags;
}
