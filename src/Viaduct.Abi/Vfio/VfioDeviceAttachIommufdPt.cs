using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_attach_iommufd_pt, vfio.h: VFIO_DEVICE_ATTACH_IOMMUFD_PT.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceAttachIommufdPt
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 12;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>Bytes that the caller provides.</summary>
    public uint ArgSz;

    /// <summary>Flags.</summary>
    public VfioDeviceAttachFlags Flags;

    /// <summary>In: IOAS or page table; out: the same IOAS or the page table attached.</summary>
    public uint PtId;

    /// <summary>The PASID.</summary>
    public uint Pasid;
}
