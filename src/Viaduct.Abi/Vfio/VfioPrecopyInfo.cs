using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_precopy_info, vfio.h: VFIO_MIG_GET_PRECOPY_INFO.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioPrecopyInfo
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 24;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 24;

    /// <summary>Bytes that the caller provides.</summary>
    public uint ArgSz;

    /// <summary>Meaningful after VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2.</summary>
    public VfioPrecopyInfoFlags Flags;

    /// <summary>Initial data still to be read.</summary>
    public ulong InitialBytes;

    /// <summary>Changed data to be read.</summary>
    public ulong DirtyBytes;
}
