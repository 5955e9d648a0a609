using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_fault_alloc, iommufd.h: IOMMU_FAULT_QUEUE_ALLOC.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuFaultAlloc
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 16;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 16;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>0.</summary>
    public uint Flags;

    /// <summary>Out: the queue.</summary>
    public uint OutFaultId;

    /// <summary>Out: its file descriptor.</summary>
    public uint OutFaultFd;
}
