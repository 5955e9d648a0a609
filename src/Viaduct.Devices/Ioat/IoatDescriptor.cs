using System.Buffers.Binary;

namespace Viaduct.Devices.Ioat;

/// <summary>A descriptor, as it was in memory when the engine fetched it: 64 bytes, little endian.</summary>
/// <param name="Size">Bytes to move.</param>
/// <param name="Control">Operation and flags.</param>
/// <param name="Source">Source address, or the pattern of a fill.</param>
/// <param name="Destination">Destination address.</param>
/// <param name="Next">Address of the next descriptor.</param>
public readonly record struct IoatDescriptor(uint Size, uint Control, ulong Source, ulong Destination, ulong Next)
{
    /// <summary>Bytes of a descriptor.</summary>
    public const int Length = 64;

    /// <summary>Control: interrupt at the end.</summary>
    public const uint InterruptEnable = 1 << 0;

    /// <summary>Control: write the status to CHANCMP at the end.</summary>
    public const uint CompletionWrite = 1 << 3;

    /// <summary>Control: move nothing.</summary>
    public const uint Null = 1 << 5;

    /// <summary>Operation: copy.</summary>
    public const byte Copy = 0x00;

    /// <summary>Operation: fill with a pattern of 64 bits.</summary>
    public const byte Fill = 0x01;

    // Copy: interrupt, snoop of source and destination, completion, fence, null, page breaks of both, bundle, DCA, hint. Fill has
    // no source to snoop or break, and no null, DCA or hint.
    private const uint CopyFlags = 0x7ff;
    private const uint FillFlags = 0x19d;
    private const uint FlagsMask = 0x00ffffff;
    private const int OperationShift = 24;

    /// <summary>What to do.</summary>
    public byte Operation => (byte)(Control >> OperationShift);

    /// <summary>It is only there for its completion.</summary>
    public bool IsNull => Operation == Copy && (Control & Null) != 0;

    /// <summary>Takes a descriptor out of its bytes.</summary>
    /// <param name="bytes">At least <see cref="Length"/>.</param>
    public static IoatDescriptor Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));

    /// <summary>What is wrong with it, before anything has moved: the first of control, length, source, destination.</summary>
    /// <param name="largest">The largest size.</param>
    /// <param name="lastAddress">The highest address.</param>
    public IoatErrors Check(uint largest, ulong lastAddress)
    {
        var allowed = Operation switch { Copy => CopyFlags, Fill => FillFlags, _ => 0u };
        if (Operation > Fill || (Control & FlagsMask & ~allowed) != 0)
        {
            return IoatErrors.DescriptorControl;
        }

        if (Size == 0 || Size > largest)
        {
            return IoatErrors.DescriptorLength;
        }

        if (IsNull)
        {
            return IoatErrors.None;
        }

        if (Operation == Copy && !Fits(Source, lastAddress))
        {
            return IoatErrors.SourceAddress;
        }

        return Fits(Destination, lastAddress) ? IoatErrors.None : IoatErrors.DestinationAddress;
    }

    private bool Fits(ulong address, ulong last) => address <= last && Size - 1 <= last - address;
}
