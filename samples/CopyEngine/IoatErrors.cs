namespace CopyEngine;

/// <summary>Bits of a channel's error register.</summary>
[Flags]
internal enum IoatErrors : uint
{
    None = 0,
    SourceAddress = 0x1,
    DestinationAddress = 0x2,
    NextAddress = 0x4,
    NextAlignment = 0x8,
    ChainAddress = 0x10,
    Command = 0x20,
    ChipsetIntegrity = 0x40,
    DmaIntegrity = 0x80,
    ReadData = 0x100,
    WriteData = 0x200,
    DescriptorControl = 0x400,
    DescriptorLength = 0x800,
    CompletionAddress = 0x1000,
    InterruptConfiguration = 0x2000,
    Soft = 0x4000,
    Unaffiliated = 0x8000,
    XorP = 0x1_0000,
    XorQ = 0x2_0000,
    DescriptorCount = 0x4_0000,
}
