using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_detach_iommufd_pt, vfio.h: VFIO_DEVICE_DETACH_IOMMUFD_PT.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceDetachIommufdPt
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 8;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 12;

    /// <summary>Bytes that the caller provides.</summary>
    public uint ArgSz;

    /// <summary>Flags.</summary>
    public VfioDeviceDetachFlags Flags;

    /// <summary>The PASID.</summary>
    public uint Pasid;
}
