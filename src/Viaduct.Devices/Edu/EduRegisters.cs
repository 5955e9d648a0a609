using Viaduct.Devices.Registers;
using static Viaduct.Devices.Registers.RegisterField;

namespace Viaduct.Devices.Edu;

/// <summary>The registers of QEMU's edu device, from its specification (docs/specs/edu.rst).</summary>
public static class EduRegisters
{
    /// <summary>STATUS: the factorial is being computed.</summary>
    public const ulong StatusComputing = 0x01;

    /// <summary>STATUS: raise <see cref="FactorialInterrupt"/> when it is there.</summary>
    public const ulong StatusInterrupt = 0x80;

    /// <summary>INTERRUPT_STATUS: a factorial is there.</summary>
    public const ulong FactorialInterrupt = 0x001;

    /// <summary>INTERRUPT_STATUS: a transfer has ended.</summary>
    public const ulong DmaInterrupt = 0x100;

    /// <summary>DMA_COMMAND: start; reads as one until the transfer has ended.</summary>
    public const ulong DmaRun = 0x1;

    /// <summary>DMA_COMMAND: from the device to memory.</summary>
    public const ulong DmaToMemory = 0x2;

    /// <summary>DMA_COMMAND: raise <see cref="DmaInterrupt"/> at the end.</summary>
    public const ulong DmaRaise = 0x4;

    /// <summary>Identification: 0xRRrr00ed, version RR.rr.</summary>
    public static RegisterSpec Identification { get; } = new("IDENTIFICATION", 0x00, 32, "Version and the letters \"edu\"")
    {
        Reset = 0x010000ed,
        Widths = AccessWidths.Dword,
        Fields =
        [
            ReadOnly(31, 24, "MAJOR"), ReadOnly(23, 16, "MINOR"), ReadOnly(11, 0, "EDU", "0x0ed"),
        ],
    };

    /// <summary>Liveness check: reads as the inverse of what was written.</summary>
    public static RegisterSpec Liveness { get; } = new("LIVENESS", 0x04, 32, "Reads as the inverse of what was written")
    {
        Widths = AccessWidths.Dword,
    };

    /// <summary>Factorial: a number in, its factorial modulo 2^32 out.</summary>
    public static RegisterSpec Factorial { get; } = new("FACTORIAL", 0x08, 32, "A number in, its factorial modulo 2^32 out")
    {
        Widths = AccessWidths.Dword,
    };

    /// <summary>Status of the factorial.</summary>
    public static RegisterSpec Status { get; } = new("STATUS", 0x20, 32, "Of the factorial")
    {
        Widths = AccessWidths.Dword,
        Fields =
        [
            ReadWrite(7, 7, "IRQ", "Raise interrupt 0x001 when it is computed"), ReadOnly(0, 0, "COMPUTING", "Not there yet"),
        ],
    };

    /// <summary>The interrupts that were raised and not acknowledged.</summary>
    public static RegisterSpec InterruptStatus { get; } = new("INTERRUPT_STATUS", 0x24, 32, "Raised and not acknowledged")
    {
        Widths = AccessWidths.Dword,
        Access = FieldAccess.ReadOnly,
    };

    /// <summary>Raises interrupts.</summary>
    public static RegisterSpec InterruptRaise { get; } = new("INTERRUPT_RAISE", 0x60, 32, "Raises the bits that are written")
    {
        Widths = AccessWidths.Dword,
        Access = FieldAccess.WriteOnly,
    };

    /// <summary>Acknowledges interrupts.</summary>
    public static RegisterSpec InterruptAcknowledge { get; } = new(
        "INTERRUPT_ACKNOWLEDGE", 0x64, 32, "Clears the bits that are written")
    {
        Widths = AccessWidths.Dword,
        Access = FieldAccess.WriteOnly,
    };

    /// <summary>Where a transfer reads.</summary>
    public static RegisterSpec DmaSource { get; } = new("DMA_SOURCE", 0x80, 64, "Where the transfer reads")
    {
        Widths = AccessWidths.Dword | AccessWidths.Qword,
    };

    /// <summary>Where a transfer writes.</summary>
    public static RegisterSpec DmaDestination { get; } = new("DMA_DESTINATION", 0x88, 64, "Where the transfer writes")
    {
        Widths = AccessWidths.Dword | AccessWidths.Qword,
    };

    /// <summary>Bytes of a transfer.</summary>
    public static RegisterSpec DmaCount { get; } = new("DMA_COUNT", 0x90, 64, "Bytes")
    {
        Widths = AccessWidths.Dword | AccessWidths.Qword,
    };

    /// <summary>Starts a transfer.</summary>
    public static RegisterSpec DmaCommand { get; } = new("DMA_COMMAND", 0x98, 64, "Starts a transfer")
    {
        Widths = AccessWidths.Dword | AccessWidths.Qword,
        Fields =
        [
            ReadWrite(63, 3, "SCRATCH", "Kept from the write that started"),
            ReadWrite(2, 2, "IRQ", "Raise interrupt 0x100 at the end"),
            ReadWrite(1, 1, "DIRECTION", "0: memory to device, 1: device to memory"),
            ReadWrite(0, 0, "RUN", "Start; one until the end. A write without it is ignored"),
        ],
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<RegisterSpec> All { get; } =
    [
        Identification, Liveness, Factorial, Status, InterruptStatus, InterruptRaise, InterruptAcknowledge, DmaSource,
        DmaDestination, DmaCount, DmaCommand,
    ];
}
