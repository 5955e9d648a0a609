using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_hw_queue_alloc, iommufd.h: IOMMU_HW_QUEUE_ALLOC.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwQueueAlloc
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 40;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 40;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>0.</summary>
    public uint Flags;

    /// <summary>The virtual IOMMU.</summary>
    public uint ViommuId;

    /// <summary>Kind of queue.</summary>
    public IommuHwQueueType Type;

    /// <summary>Its index.</summary>
    public uint Index;

    /// <summary>Out: the queue.</summary>
    public uint OutHwQueueId;

    /// <summary>Where its memory is, in the nesting parent.</summary>
    public ulong NestingParentIova;

    /// <summary>Bytes of it.</summary>
    public ulong Length;
}
