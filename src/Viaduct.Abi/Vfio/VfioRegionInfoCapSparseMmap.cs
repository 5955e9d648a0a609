using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_region_info_cap_sparse_mmap, vfio.h: the parts of a region that can be mapped.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioRegionInfoCapSparseMmap
{
    /// <summary>sizeof of the struct, in bytes, without the array <c>areas</c> that follows it.</summary>
    public const int Size = 16;

    /// <summary>VFIO_REGION_INFO_CAP_SPARSE_MMAP, version 1.</summary>
    public VfioInfoCapHeader Header;

    /// <summary>Number of <see cref="VfioRegionSparseMmapArea"/> that follow.</summary>
    public uint NrAreas;

    /// <summary>Reserved.</summary>
    public uint Reserved;
}
