using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_gfx_plane_info, vfio.h: VFIO_DEVICE_QUERY_GFX_PLANE.</summary>
[StructLayout(LayoutKind.Explicit)]
public struct VfioDeviceGfxPlaneInfo
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 64;

    /// <summary>Bytes that the caller provides.</summary>
    [FieldOffset(0)]
    public uint ArgSz;

    /// <summary>Kind of plane.</summary>
    [FieldOffset(4)]
    public VfioGfxPlaneTypeFlags Flags;

    /// <summary>In: DRM_PLANE_TYPE_*.</summary>
    [FieldOffset(8)]
    public uint DrmPlaneType;

    /// <summary>DRM format; 0 while the plane is off.</summary>
    [FieldOffset(12)]
    public uint DrmFormat;

    /// <summary>Tiling.</summary>
    [FieldOffset(16)]
    public ulong DrmFormatMod;

    /// <summary>Pixels.</summary>
    [FieldOffset(24)]
    public uint Width;

    /// <summary>Pixels.</summary>
    [FieldOffset(28)]
    public uint Height;

    /// <summary>Bytes of a line.</summary>
    [FieldOffset(32)]
    public uint Stride;

    /// <summary>Bytes, whole pages.</summary>
    [FieldOffset(36)]
    public uint Size;

    /// <summary>Cursor position.</summary>
    [FieldOffset(40)]
    public uint XPos;

    /// <summary>Cursor position.</summary>
    [FieldOffset(44)]
    public uint YPos;

    /// <summary>Cursor hotspot; 0xFFFFFFFF where not known.</summary>
    [FieldOffset(48)]
    public uint XHot;

    /// <summary>Cursor hotspot; 0xFFFFFFFF where not known.</summary>
    [FieldOffset(52)]
    public uint YHot;

    /// <summary>The plane's region.</summary>
    [FieldOffset(56)]
    public uint RegionIndex;

    /// <summary>The plane's dma-buf, for VFIO_DEVICE_GET_GFX_DMABUF.</summary>
    [FieldOffset(56)]
    public uint DmabufId;

    /// <summary>Reserved.</summary>
    [FieldOffset(60)]
    public uint Reserved;
}
