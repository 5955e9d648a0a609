using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_info, vfio.h: VFIO_DEVICE_GET_INFO.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceInfo
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 16;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 24;

    /// <summary>In: bytes that the caller provides; out: bytes needed with the capabilities.</summary>
    public uint ArgSz;

    /// <summary>Kind and abilities.</summary>
    public VfioDeviceInfoFlags Flags;

    /// <summary>Highest region index and one.</summary>
    public uint NumRegions;

    /// <summary>Highest interrupt index and one.</summary>
    public uint NumIrqs;

    /// <summary>Offset of the first capability; 0 where none is there.</summary>
    public uint CapOffset;

    /// <summary>Padding.</summary>
    public uint Pad;
}
