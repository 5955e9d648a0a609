using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_viommu_alloc, iommufd.h: IOMMU_VIOMMU_ALLOC.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuViommuAlloc
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 24;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 40;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>0.</summary>
    public uint Flags;

    /// <summary>Kind.</summary>
    public IommuViommuType Type;

    /// <summary>A device behind the physical IOMMU.</summary>
    public uint DevId;

    /// <summary>The nesting parent.</summary>
    public uint HwptId;

    /// <summary>Out: the virtual IOMMU.</summary>
    public uint OutViommuId;

    /// <summary>Bytes of data.</summary>
    public uint DataLen;

    /// <summary>0.</summary>
    public uint Reserved;

    /// <summary>Address of the data.</summary>
    public ulong DataUptr;
}
