using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_ioas_unmap, iommufd.h: IOMMU_IOAS_UNMAP.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIoasUnmap
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 24;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 24;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>The address space.</summary>
    public uint IoasId;

    /// <summary>First IOVA.</summary>
    public ulong Iova;

    /// <summary>In: bytes; out: bytes unmapped. IOVA 0 with the greatest value: everything.</summary>
    public ulong Length;
}
