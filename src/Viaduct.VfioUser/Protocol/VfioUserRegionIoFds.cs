using System.Runtime.InteropServices;

namespace Viaduct.VfioUser.Protocol;

/// <summary>VFIO_USER_DEVICE_GET_REGION_IO_FDS; in the reply <see cref="Count"/> times <see cref="VfioUserIoEventFd"/> is behind it.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioUserRegionIoFds
{
    /// <summary>sizeof, in bytes.</summary>
    public const int StructSize = 16;

    /// <summary>In: the most bytes that the reply may have; out: those that it needs.</summary>
    public uint ArgSz;

    /// <summary>Zero.</summary>
    public uint Flags;

    /// <summary>The region's index.</summary>
    public uint Index;

    /// <summary>In: zero; out: sub-regions.</summary>
    public uint Count;
}
