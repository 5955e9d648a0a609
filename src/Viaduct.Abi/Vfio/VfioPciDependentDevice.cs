using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_pci_dependent_device, vfio.h: a device that a hot reset would hit.</summary>
[StructLayout(LayoutKind.Explicit)]
public struct VfioPciDependentDevice
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 8;

    /// <summary>Its IOMMU group, for callers that came through a group.</summary>
    [FieldOffset(0)]
    public uint GroupId;

    /// <summary>Its iommufd device id or VFIO_PCI_DEVID_*, for callers that opened the cdev.</summary>
    [FieldOffset(0)]
    public uint DevId;

    /// <summary>PCI domain.</summary>
    [FieldOffset(4)]
    public ushort Segment;

    /// <summary>Bus.</summary>
    [FieldOffset(6)]
    public byte Bus;

    /// <summary>Device (bits 7:3) and function (bits 2:0).</summary>
    [FieldOffset(7)]
    public byte Devfn;
}
