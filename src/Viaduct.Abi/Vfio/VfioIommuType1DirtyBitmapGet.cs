using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_iommu_type1_dirty_bitmap_get, vfio.h: data of
/// VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuType1DirtyBitmapGet
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 40;

    /// <summary>First IOVA.</summary>
    public ulong Iova;

    /// <summary>Bytes.</summary>
    public ulong Size;

    /// <summary>Where to put the bits.</summary>
    public VfioBitmap Bitmap;
}
