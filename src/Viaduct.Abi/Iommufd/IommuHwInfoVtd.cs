using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_hw_info_vtd, iommufd.h: Intel VT-d capabilities.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwInfoVtd
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 24;

    /// <summary>Errata.</summary>
    public IommuHwInfoVtdFlags Flags;

    /// <summary>0.</summary>
    public uint Reserved;

    /// <summary>Capability register.</summary>
    public ulong CapReg;

    /// <summary>Extended capability register.</summary>
    public ulong EcapReg;
}
