namespace Viaduct.Abi;

/// <summary><see cref="VfioDeviceInfoCapPciAtomicComp.Flags"/>, vfio.h: AtomicOp widths that the root port
/// completes.</summary>
[Flags]
public enum VfioPciAtomicCompFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>32 bits.</summary>
    VFIO_PCI_ATOMIC_COMP32 = 1 << 0,

    /// <summary>64 bits.</summary>
    VFIO_PCI_ATOMIC_COMP64 = 1 << 1,

    /// <summary>128 bits, compare and swap.</summary>
    VFIO_PCI_ATOMIC_COMP128 = 1 << 2,
}
