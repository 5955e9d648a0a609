using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_viommu_tegra241_cmdqv, iommufd.h: Tegra241 CMDQV's data of a new virtual IOMMU.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuViommuTegra241Cmdqv
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>Out: mmap offset of its page 0.</summary>
    public ulong OutVintfMmapOffset;

    /// <summary>Out: bytes to map.</summary>
    public ulong OutVintfMmapLength;
}
