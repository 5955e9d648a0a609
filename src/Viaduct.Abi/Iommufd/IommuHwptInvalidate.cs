using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_hwpt_invalidate, iommufd.h: IOMMU_HWPT_INVALIDATE.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptInvalidate
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 32;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 32;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>The page table or virtual IOMMU.</summary>
    public uint HwptId;

    /// <summary>Address of the requests.</summary>
    public ulong DataUptr;

    /// <summary>Kind of request.</summary>
    public IommuHwptInvalidateDataType DataType;

    /// <summary>Bytes of one request.</summary>
    public uint EntryLen;

    /// <summary>In: requests; out: requests done.</summary>
    public uint EntryNum;

    /// <summary>0.</summary>
    public uint Reserved;
}
