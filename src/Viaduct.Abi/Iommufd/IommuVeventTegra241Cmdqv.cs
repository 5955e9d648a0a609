using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_vevent_tegra241_cmdqv, iommufd.h: a Tegra241 CMDQV interrupt.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuVeventTegra241Cmdqv
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>Error map, little-endian.</summary>
    public UInt64x2 LvcmdqErrMap;
}
