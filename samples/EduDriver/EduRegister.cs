namespace EduDriver;

/// <summary>Registers of QEMU's edu device, offsets in BAR 0 (QEMU, docs/specs/edu.rst).</summary>
internal static class EduRegister
{
    internal const ulong Identification = 0x00;
    internal const ulong Liveness = 0x04;
    internal const ulong Factorial = 0x08;
    internal const ulong Status = 0x20;
    internal const ulong InterruptStatus = 0x24;
    internal const ulong InterruptRaise = 0x60;
    internal const ulong InterruptAcknowledge = 0x64;
    internal const ulong DmaSource = 0x80;
    internal const ulong DmaDestination = 0x88;
    internal const ulong DmaCount = 0x90;
    internal const ulong DmaCommand = 0x98;

    // Status
    internal const uint Computing = 0x01;
    internal const uint InterruptWhenComputed = 0x80;

    // DmaCommand
    internal const uint Start = 0x01;
    internal const uint ToMemory = 0x02;
    internal const uint InterruptWhenDone = 0x04;

    // InterruptStatus
    internal const uint FactorialDone = 0x001;
    internal const uint DmaDone = 0x100;

    /// <summary>The device's own memory, as its DMA addresses it.</summary>
    internal const ulong BufferAddress = 0x40000;
    internal const int BufferSize = 4096;

    /// <summary>How many address bits its DMA has.</summary>
    internal const int AddressBits = 28;
}
