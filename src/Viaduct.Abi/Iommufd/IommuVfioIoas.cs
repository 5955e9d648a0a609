using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_vfio_ioas, iommufd.h: IOMMU_VFIO_IOAS.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuVfioIoas
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 12;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 12;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>The address space.</summary>
    public uint IoasId;

    /// <summary>Get, set or clear.</summary>
    public IommuVfioIoasOp Op;

    /// <summary>0.</summary>
    public ushort Reserved;
}
