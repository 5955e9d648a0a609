using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_region_gfx_edid, vfio.h: head of a graphics device's EDID region.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioRegionGfxEdid
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 24;

    /// <summary>Offset of the EDID in the region (read only).</summary>
    public uint EdidOffset;

    /// <summary>Most bytes of an EDID (read only).</summary>
    public uint EdidMaxSize;

    /// <summary>Bytes of the EDID.</summary>
    public uint EdidSize;

    /// <summary>Greatest width, 0 for any (read only).</summary>
    public uint MaxXres;

    /// <summary>Greatest height, 0 for any (read only).</summary>
    public uint MaxYres;

    /// <summary>VFIO_DEVICE_GFX_LINK_STATE_*.</summary>
    public uint LinkState;
}
