using System.Runtime.InteropServices;

namespace Viaduct.VfioUser.Protocol;

/// <summary>One of VFIO_USER_REGION_WRITE_MULTI's writes; their number, eight bytes, is before the first.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioUserMultiWrite
{
    /// <summary>sizeof, in bytes.</summary>
    public const int StructSize = 24;

    /// <summary>Bytes from the region's start.</summary>
    public ulong Offset;

    /// <summary>The region's index.</summary>
    public uint Region;

    /// <summary>Bytes of data, at most eight.</summary>
    public uint Count;

    /// <summary>The data, in memory's order.</summary>
    public ulong Data;
}
