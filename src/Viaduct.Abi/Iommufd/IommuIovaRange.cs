using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_iova_range, iommufd.h: a range of IOVAs.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIovaRange
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>First.</summary>
    public ulong Start;

    /// <summary>Last, inclusive.</summary>
    public ulong Last;
}
