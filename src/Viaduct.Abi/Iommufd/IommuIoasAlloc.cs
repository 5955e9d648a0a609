using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_ioas_alloc, iommufd.h: IOMMU_IOAS_ALLOC.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIoasAlloc
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 12;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 12;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>0.</summary>
    public uint Flags;

    /// <summary>Out: the new address space.</summary>
    public uint OutIoasId;
}
