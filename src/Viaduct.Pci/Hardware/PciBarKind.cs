namespace Viaduct.Pci.Hardware;

/// <summary>The low bits of a BAR; the values are the register's.</summary>
[Flags]
public enum PciBarKind
{
    /// <summary>32-bit memory.</summary>
    Memory32 = 0x0,

    /// <summary>I/O ports.</summary>
    Io = 0x1,

    /// <summary>64-bit memory.</summary>
    Memory64 = 0x4,

    /// <summary>Prefetchable: reads have no side effects. Goes with the memory kinds.</summary>
    Prefetchable = 0x8,
}
