using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_region_info_cap_type, vfio.h: what a device specific region is.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioRegionInfoCapType
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>VFIO_REGION_INFO_CAP_TYPE, version 1.</summary>
    public VfioInfoCapHeader Header;

    /// <summary>VFIO_REGION_TYPE_*.</summary>
    public uint Type;

    /// <summary>VFIO_REGION_SUBTYPE_*, of that type.</summary>
    public uint Subtype;
}
