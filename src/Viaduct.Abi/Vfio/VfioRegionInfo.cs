using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_region_info, vfio.h: VFIO_DEVICE_GET_REGION_INFO.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioRegionInfo
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 32;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 32;

    /// <summary>In: bytes that the caller provides; out: bytes needed with the capabilities.</summary>
    public uint ArgSz;

    /// <summary>What the region can do.</summary>
    public VfioRegionInfoFlags Flags;

    /// <summary>In: the region.</summary>
    public uint Index;

    /// <summary>Offset of the first capability; 0 where none is there.</summary>
    public uint CapOffset;

    /// <summary>Bytes; 0 where the region is not there.</summary>
    public ulong Size;

    /// <summary>Offset of the region in the device's file, in bytes.</summary>
    public ulong Offset;
}
