using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_ioas_noiommu_get_pa, iommufd.h: IOMMU_IOAS_NOIOMMU_GET_PA.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIoasNoiommuGetPa
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 40;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 40;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>0.</summary>
    public uint Flags;

    /// <summary>The address space.</summary>
    public uint IoasId;

    /// <summary>0.</summary>
    public uint Reserved;

    /// <summary>The IOVA.</summary>
    public ulong Iova;

    /// <summary>In: most bytes of interest; out: bytes that are contiguous.</summary>
    public ulong Length;

    /// <summary>Out: physical address.</summary>
    public ulong OutPhys;
}
