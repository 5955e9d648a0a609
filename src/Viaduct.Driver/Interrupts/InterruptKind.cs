namespace Viaduct.Driver;

/// <summary>The kinds of interrupts of a PCI device; values are VFIO_PCI_*_IRQ_INDEX, vfio.h.</summary>
public enum InterruptKind
{
    /// <summary>The interrupt pin: one, masked when it fires.</summary>
    Intx = 0,

    /// <summary>Message signalled: up to 32.</summary>
    Msi = 1,

    /// <summary>Message signalled, a table entry each: up to 2,048.</summary>
    Msix = 2,

    /// <summary>The kernel reports an uncorrectable error (PCI Express only).</summary>
    Error = 3,

    /// <summary>The kernel asks for the device back.</summary>
    Request = 4,
}
