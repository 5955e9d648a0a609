using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_region_sparse_mmap_area, vfio.h: a part of a region that can be mapped.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioRegionSparseMmapArea
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 16;

    /// <summary>First byte, in the region.</summary>
    public ulong Offset;

    /// <summary>Bytes.</summary>
    public ulong Size;
}
