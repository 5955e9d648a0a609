namespace Viaduct.Abi;

/// <summary><see cref="VfioDeviceGfxPlaneInfo.Flags"/>, vfio.h.</summary>
[Flags]
public enum VfioGfxPlaneTypeFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Only ask whether the kind is there.</summary>
    VFIO_GFX_PLANE_TYPE_PROBE = 1 << 0,

    /// <summary>Planes as dma-bufs.</summary>
    VFIO_GFX_PLANE_TYPE_DMABUF = 1 << 1,

    /// <summary>Planes in a region.</summary>
    VFIO_GFX_PLANE_TYPE_REGION = 1 << 2,
}
