using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_hwpt_set_dirty_tracking, iommufd.h: IOMMU_HWPT_SET_DIRTY_TRACKING.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptSetDirtyTracking
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 16;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 16;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>Start or stop.</summary>
    public IommuHwptSetDirtyTrackingFlags Flags;

    /// <summary>The page table.</summary>
    public uint HwptId;

    /// <summary>0.</summary>
    public uint Reserved;
}
