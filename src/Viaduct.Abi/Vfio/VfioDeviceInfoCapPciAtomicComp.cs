using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_info_cap_pci_atomic_comp, vfio.h: AtomicOp widths that are completed for the
/// device.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceInfoCapPciAtomicComp
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP, version 1.</summary>
    public VfioInfoCapHeader Header;

    /// <summary>Widths.</summary>
    public VfioPciAtomicCompFlags Flags;

    /// <summary>Reserved.</summary>
    public uint Reserved;
}
