using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_region_info_cap_nvlink2_ssatgt, vfio.h: compressed address of GPU memory; no longer
/// made.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioRegionInfoCapNvlink2Ssatgt
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>VFIO_REGION_INFO_CAP_NVLINK2_SSATGT, version 1.</summary>
    public VfioInfoCapHeader Header;

    /// <summary>Address.</summary>
    public ulong Tgt;
}
