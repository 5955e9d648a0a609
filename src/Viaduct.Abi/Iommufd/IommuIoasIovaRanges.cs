using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_ioas_iova_ranges, iommufd.h: IOMMU_IOAS_IOVA_RANGES.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIoasIovaRanges
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 32;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 32;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>The address space.</summary>
    public uint IoasId;

    /// <summary>In: ranges that fit in the array; out: ranges there are.</summary>
    public uint NumIovas;

    /// <summary>0.</summary>
    public uint Reserved;

    /// <summary>Address of an array of <see cref="IommuIovaRange"/>.</summary>
    public ulong AllowedIovas;

    /// <summary>Out: alignment of a mapping in bytes.</summary>
    public ulong OutIovaAlignment;
}
