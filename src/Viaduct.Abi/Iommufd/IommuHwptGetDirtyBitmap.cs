using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_hwpt_get_dirty_bitmap, iommufd.h: IOMMU_HWPT_GET_DIRTY_BITMAP.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptGetDirtyBitmap
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 48;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 48;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>The page table.</summary>
    public uint HwptId;

    /// <summary>Flags.</summary>
    public IommuHwptGetDirtyBitmapFlags Flags;

    /// <summary>0.</summary>
    public uint Reserved;

    /// <summary>First IOVA.</summary>
    public ulong Iova;

    /// <summary>Bytes.</summary>
    public ulong Length;

    /// <summary>Bytes that one bit stands for.</summary>
    public ulong PageSize;

    /// <summary>Address of the bitmap.</summary>
    public ulong Data;
}
