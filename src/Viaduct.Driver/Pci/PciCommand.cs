namespace Viaduct.Driver;

/// <summary>The command register, offset 4 (PCI 3.0, 6.2.2); the bits that a driver sets.</summary>
[Flags]
public enum PciCommand : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Answer I/O accesses.</summary>
    Io = 1 << 0,

    /// <summary>Answer memory accesses: without it a mapped BAR raises SIGBUS.</summary>
    Memory = 1 << 1,

    /// <summary>May start accesses itself: DMA and message signalled interrupts.</summary>
    BusMaster = 1 << 2,

    /// <summary>Report parity errors.</summary>
    Parity = 1 << 6,

    /// <summary>Drive SERR#.</summary>
    SystemError = 1 << 8,

    /// <summary>Do not raise INTx.</summary>
    IntxDisable = 1 << 10,
}
