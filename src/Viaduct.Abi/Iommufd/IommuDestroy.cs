using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_destroy, iommufd.h: IOMMU_DESTROY.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuDestroy
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 8;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 8;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>The object.</summary>
    public uint Id;
}
