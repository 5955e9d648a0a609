using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_region_info_cap_nvlink2_lnkspd, vfio.h: NVLink speed; no longer made.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioRegionInfoCapNvlink2Lnkspd
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>VFIO_REGION_INFO_CAP_NVLINK2_LNKSPD, version 1.</summary>
    public VfioInfoCapHeader Header;

    /// <summary>Speed, as the device tree has it.</summary>
    public uint LinkSpeed;

    /// <summary>Padding.</summary>
    public uint Pad;
}
