using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_iommu_type1_info_cap_iova_range, vfio.h: the IOVAs that can be mapped.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuType1InfoCapIovaRange
{
    /// <summary>sizeof of the struct, in bytes, without the array <c>iova_ranges</c> that follows it.</summary>
    public const int Size = 16;

    /// <summary>VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, version 1.</summary>
    public VfioInfoCapHeader Header;

    /// <summary>Number of <see cref="VfioIovaRange"/> that follow.</summary>
    public uint NrIovas;

    /// <summary>Reserved.</summary>
    public uint Reserved;
}
