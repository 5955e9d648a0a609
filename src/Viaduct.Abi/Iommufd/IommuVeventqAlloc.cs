using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_veventq_alloc, iommufd.h: IOMMU_VEVENTQ_ALLOC.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuVeventqAlloc
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 32;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 32;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>0.</summary>
    public uint Flags;

    /// <summary>The virtual IOMMU.</summary>
    public uint ViommuId;

    /// <summary>Kind of events.</summary>
    public IommuVeventqType Type;

    /// <summary>Most events queued.</summary>
    public uint VeventqDepth;

    /// <summary>Out: the queue.</summary>
    public uint OutVeventqId;

    /// <summary>Out: its file descriptor.</summary>
    public uint OutVeventqFd;

    /// <summary>0.</summary>
    public uint Reserved;
}
