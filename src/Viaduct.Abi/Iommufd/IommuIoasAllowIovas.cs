using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_ioas_allow_iovas, iommufd.h: IOMMU_IOAS_ALLOW_IOVAS.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIoasAllowIovas
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 24;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 24;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>The address space.</summary>
    public uint IoasId;

    /// <summary>Ranges in the array.</summary>
    public uint NumIovas;

    /// <summary>0.</summary>
    public uint Reserved;

    /// <summary>Address of an array of <see cref="IommuIovaRange"/>.</summary>
    public ulong AllowedIovas;
}
