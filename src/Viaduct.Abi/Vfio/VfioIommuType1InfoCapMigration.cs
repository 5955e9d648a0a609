using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_iommu_type1_info_cap_migration, vfio.h: dirty page tracking is there.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuType1InfoCapMigration
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 32;

    /// <summary>VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, version 1.</summary>
    public VfioInfoCapHeader Header;

    /// <summary>0.</summary>
    public uint Flags;

    /// <summary>Page sizes that can be tracked, a bit for each.</summary>
    public ulong PgsizeBitmap;

    /// <summary>Most bytes of a bitmap in one call.</summary>
    public ulong MaxDirtyBitmapSize;
}
