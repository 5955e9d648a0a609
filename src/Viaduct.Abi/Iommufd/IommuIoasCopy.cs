using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_ioas_copy, iommufd.h: IOMMU_IOAS_COPY.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIoasCopy
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 40;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 40;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>Rights, and who picks the IOVA.</summary>
    public IommuIoasMapFlags Flags;

    /// <summary>The address space that gets the mapping.</summary>
    public uint DstIoasId;

    /// <summary>The address space that has it.</summary>
    public uint SrcIoasId;

    /// <summary>Bytes.</summary>
    public ulong Length;

    /// <summary>In or out: first IOVA there.</summary>
    public ulong DstIova;

    /// <summary>First IOVA of the source.</summary>
    public ulong SrcIova;
}
