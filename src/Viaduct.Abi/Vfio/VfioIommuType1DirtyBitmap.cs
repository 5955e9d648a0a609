using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_iommu_type1_dirty_bitmap, vfio.h: VFIO_IOMMU_DIRTY_PAGES.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuType1DirtyBitmap
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 8;

    /// <summary>sizeof of the struct, in bytes, without the array <c>data</c> that follows it.</summary>
    public const int Size = 8;

    /// <summary>Bytes of this struct and its data.</summary>
    public uint ArgSz;

    /// <summary>What to do.</summary>
    public VfioDirtyPagesFlags Flags;
}
