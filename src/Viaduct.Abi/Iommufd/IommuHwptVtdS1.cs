using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_hwpt_vtd_s1, iommufd.h: Intel VT-d first-stage table.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptVtdS1
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 24;

    /// <summary>Flags.</summary>
    public IommuHwptVtdS1Flags Flags;

    /// <summary>Address of the table, in the guest.</summary>
    public ulong PgtblAddr;

    /// <summary>Address bits.</summary>
    public uint AddrWidth;

    /// <summary>0.</summary>
    public uint Reserved;
}
