using System.Buffers.Binary;

namespace NvmeDisk.Work;

/// <summary>
/// What verify writes: each block says which block of which run it is, is full of numbers that follow from that, and ends
/// with a checksum. So a block that is wrong tells how: damaged, another block's, or an older run's.
/// </summary>
internal static class Pattern
{
    private const ulong Increment = 0x9E37_79B9_7F4A_7C15;
    private const int RunAt = 0;
    private const int BlockAt = 8;
    private const int NumbersAt = 16;
    private const int ChecksumSize = 8;

    /// <summary>Fills a block.</summary>
    internal static void Fill(Span<byte> data, ulong run, ulong block)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(data[RunAt..], run);
        BinaryPrimitives.WriteUInt64LittleEndian(data[BlockAt..], block);
        var state = Start(run, block);
        for (var at = NumbersAt; at < data.Length - ChecksumSize; at += sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(data[at..], Next(ref state));
        }

        BinaryPrimitives.WriteUInt64LittleEndian(data[^ChecksumSize..], Checksum(data[..^ChecksumSize]));
    }

    /// <summary>Says what is wrong with a block.</summary>
    /// <returns>Null where nothing is.</returns>
    internal static string? FindFault(ReadOnlySpan<byte> data, ulong run, ulong block)
    {
        var seenRun = BinaryPrimitives.ReadUInt64LittleEndian(data[RunAt..]);
        var seenBlock = BinaryPrimitives.ReadUInt64LittleEndian(data[BlockAt..]);
        var checksum = BinaryPrimitives.ReadUInt64LittleEndian(data[^ChecksumSize..]);
        if (checksum != Checksum(data[..^ChecksumSize]))
        {
            return data.ContainsAnyExcept((byte)0)
                ? $"is damaged from byte {FirstWrong(data, run, block)} on"
                : "is zeroes: it was never written, or forgotten";
        }

        return seenRun != run
            ? $"is block {seenBlock} of an older run (0x{seenRun:x})"
            : seenBlock != block ? $"has what was written to block {seenBlock}" : null;
    }

    private static int FirstWrong(ReadOnlySpan<byte> data, ulong run, ulong block)
    {
        var expected = new byte[data.Length];
        Fill(expected, run, block);
        return data.CommonPrefixLength(expected);
    }

    private static ulong Start(ulong run, ulong block)
    {
        var state = run ^ (block * Increment);
        return Next(ref state);
    }

    // SplitMix64 (Steele, Lea and Flood, 2014).
    private static ulong Next(ref ulong state)
    {
        state += Increment;
        var mixed = (state ^ state >> 30) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ mixed >> 27) * 0x94D0_49BB_1331_11EB;
        return mixed ^ mixed >> 31;
    }

    // FNV-1a over words; it starts at its basis, so that zeroes do not check out as themselves.
    private static ulong Checksum(ReadOnlySpan<byte> data)
    {
        var sum = 0xCBF2_9CE4_8422_2325;
        for (var at = 0; at < data.Length; at += sizeof(ulong))
        {
            sum = (sum ^ BinaryPrimitives.ReadUInt64LittleEndian(data[at..])) * 0x0000_0100_0000_01B3;
        }

        return sum;
    }
}
