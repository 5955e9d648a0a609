using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_iommu_type1_info, vfio.h: VFIO_IOMMU_GET_INFO of a Type1 container.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuType1Info
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 16;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 24;

    /// <summary>In: bytes that the caller provides; out: bytes needed with the capabilities.</summary>
    public uint ArgSz;

    /// <summary>What is filled.</summary>
    public VfioIommuType1InfoFlags Flags;

    /// <summary>Page sizes, a bit for each: bit n is 2^n bytes.</summary>
    public ulong IovaPgsizes;

    /// <summary>Offset of the first capability; 0 where none is there.</summary>
    public uint CapOffset;

    /// <summary>Padding.</summary>
    public uint Pad;
}
