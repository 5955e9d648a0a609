namespace CopyEngine;

/// <summary>Registers of Intel's I/OAT (CB3.x) DMA engine, BAR 0.</summary>
internal static class IoatRegister
{
    // The device
    internal const ulong ChannelCount = 0x00; // 8 bits
    internal const ulong TransferCap = 0x01; // 8 bits; log2 of a descriptor's largest size in bits 4:0
    internal const ulong InterruptControl = 0x03; // 8 bits
    internal const ulong Version = 0x08; // 8 bits; major 7:4, minor 3:0

    /// <summary>Channel n's registers start at this times n + 1.</summary>
    internal const ulong ChannelSize = 0x80;

    // A channel
    internal const ulong Control = 0x00; // 16 bits
    internal const ulong Command = 0x04; // 8 bits
    internal const ulong DescriptorCount = 0x06; // 16 bits; descriptors to run, counted from the last ChainAddress
    internal const ulong Status = 0x08; // 64 bits; state 2:0, last completed descriptor 63:6
    internal const ulong ChainAddress = 0x10; // 64 bits
    internal const ulong CompletionAddress = 0x18; // 64 bits; where Status is written to
    internal const ulong Error = 0x28; // 32 bits; write 1 to clear

    /// <summary>In configuration space: the function's error bits, write 1 to clear.</summary>
    internal const int ConfigErrors = 0x180;

    // InterruptControl
    internal const byte MsixVectorControl = 0x08;

    // Control
    internal const ushort InterruptRearm = 0x0001;
    internal const ushort ErrorCompletion = 0x0004;
    internal const ushort AbortOnAnyError = 0x0008;
    internal const ushort ErrorInterrupt = 0x0010;

    // Command
    internal const byte Suspend = 0x04;
    internal const byte Reset = 0x20;
}
