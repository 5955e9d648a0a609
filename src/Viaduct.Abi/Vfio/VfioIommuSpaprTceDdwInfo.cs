using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_iommu_spapr_tce_ddw_info, vfio.h: dynamic DMA windows.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuSpaprTceDdwInfo
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>Page sizes, a bit for each: bit n is 2^n bytes.</summary>
    public ulong Pgsizes;

    /// <summary>Windows that can be created.</summary>
    public uint MaxDynamicWindowsSupported;

    /// <summary>Most levels of a TCE table.</summary>
    public uint Levels;
}
