using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_bind_iommufd, vfio.h: VFIO_DEVICE_BIND_IOMMUFD.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceBindIommufd
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 16;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 24;

    /// <summary>Bytes that the caller provides.</summary>
    public uint ArgSz;

    /// <summary>Flags.</summary>
    public VfioDeviceBindFlags Flags;

    /// <summary>File descriptor of the iommufd.</summary>
    public int Iommufd;

    /// <summary>Out: the device's id in it.</summary>
    public uint OutDevId;

    /// <summary>Address of a 16-byte UUID.</summary>
    public ulong TokenUuidPtr;
}
