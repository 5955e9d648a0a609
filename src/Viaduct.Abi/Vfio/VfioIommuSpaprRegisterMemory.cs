using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_iommu_spapr_register_memory, vfio.h: VFIO_IOMMU_SPAPR_REGISTER_MEMORY and
/// _UNREGISTER_MEMORY.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuSpaprRegisterMemory
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 24;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 24;

    /// <summary>Bytes that the caller provides.</summary>
    public uint ArgSz;

    /// <summary>0.</summary>
    public uint Flags;

    /// <summary>Address in the process.</summary>
    public ulong Vaddr;

    /// <summary>Bytes.</summary>
    public ulong Size;
}
