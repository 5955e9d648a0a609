using System.Runtime.InteropServices;

namespace Viaduct.VfioUser.Protocol;

/// <summary>VFIO_USER_REGION_READ and VFIO_USER_REGION_WRITE; the data is behind it.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioUserRegionAccess
{
    /// <summary>sizeof, in bytes.</summary>
    public const int StructSize = 16;

    /// <summary>Bytes from the region's start.</summary>
    public ulong Offset;

    /// <summary>The region's index.</summary>
    public uint Region;

    /// <summary>Bytes of data.</summary>
    public uint Count;
}
