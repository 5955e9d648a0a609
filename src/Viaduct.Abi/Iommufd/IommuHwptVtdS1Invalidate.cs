using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_hwpt_vtd_s1_invalidate, iommufd.h: Intel VT-d invalidation.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptVtdS1Invalidate
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 24;

    /// <summary>First address.</summary>
    public ulong Addr;

    /// <summary>4 KiB pages; the greatest value means all.</summary>
    public ulong Npages;

    /// <summary>Flags.</summary>
    public IommuHwptVtdS1InvalidateFlags Flags;

    /// <summary>0.</summary>
    public uint Reserved;
}
