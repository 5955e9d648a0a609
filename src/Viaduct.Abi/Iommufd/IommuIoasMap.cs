using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_ioas_map, iommufd.h: IOMMU_IOAS_MAP.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIoasMap
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 40;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 40;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>Rights, and who picks the IOVA.</summary>
    public IommuIoasMapFlags Flags;

    /// <summary>The address space.</summary>
    public uint IoasId;

    /// <summary>0.</summary>
    public uint Reserved;

    /// <summary>Address in the process.</summary>
    public ulong UserVa;

    /// <summary>Bytes.</summary>
    public ulong Length;

    /// <summary>In or out: first IOVA.</summary>
    public ulong Iova;
}
