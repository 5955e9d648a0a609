using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_option, iommufd.h: IOMMU_OPTION.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuOption
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 24;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 24;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>The option.</summary>
    public IommuOptionId OptionId;

    /// <summary>Get or set.</summary>
    public IommuOptionOp Op;

    /// <summary>0.</summary>
    public ushort Reserved;

    /// <summary>The object, or 0.</summary>
    public uint ObjectId;

    /// <summary>The value.</summary>
    public ulong Val64;
}
