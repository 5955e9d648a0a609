using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_hwpt_alloc, iommufd.h: IOMMU_HWPT_ALLOC.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptAlloc
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 24;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 48;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>Flags.</summary>
    public IommuHwptAllocFlags Flags;

    /// <summary>The device that it is made for.</summary>
    public uint DevId;

    /// <summary>The address space, page table or virtual IOMMU that it is made from.</summary>
    public uint PtId;

    /// <summary>Out: the new page table.</summary>
    public uint OutHwptId;

    /// <summary>0.</summary>
    public uint Reserved;

    /// <summary>Kind of data.</summary>
    public IommuHwptDataType DataType;

    /// <summary>Bytes of data.</summary>
    public uint DataLen;

    /// <summary>Address of the data.</summary>
    public ulong DataUptr;

    /// <summary>A fault queue.</summary>
    public uint FaultId;

    /// <summary>0.</summary>
    public uint Reserved2;
}
