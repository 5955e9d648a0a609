using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_hwpt_amd_guest, iommufd.h: AMD device table entry.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptAmdGuest
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 32;

    /// <summary>The entry.</summary>
    public UInt64x4 Dte;
}
