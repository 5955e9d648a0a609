using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_ioas_change_process, iommufd.h: IOMMU_IOAS_CHANGE_PROCESS.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIoasChangeProcess
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 8;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 8;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>0.</summary>
    public uint Reserved;
}
