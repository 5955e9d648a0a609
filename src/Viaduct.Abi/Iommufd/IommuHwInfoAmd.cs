using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_hw_info_amd, iommufd.h: AMD IOMMU capabilities.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwInfoAmd
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>Extended feature register.</summary>
    public ulong Efr;

    /// <summary>Extended feature register 2.</summary>
    public ulong Efr2;
}
