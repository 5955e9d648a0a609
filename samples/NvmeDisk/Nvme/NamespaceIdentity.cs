using System.Buffers.Binary;

namespace NvmeDisk.Nvme;

/// <summary>A namespace: Identify, CNS 00h (NVM Command Set Specification 1.0, 4.1.5.1).</summary>
/// <param name="Number">NSID.</param>
/// <param name="Blocks">NSZE: how many logical blocks it has.</param>
/// <param name="UsedBlocks">NUSE: how many of them are allocated.</param>
/// <param name="BlockShift">LBADS: log2 of a block's bytes.</param>
/// <param name="MetadataSize">MS: bytes of metadata for each block.</param>
internal sealed record NamespaceIdentity(uint Number, ulong Blocks, ulong UsedBlocks, int BlockShift, int MetadataSize)
{
    private const int FormatsAt = 128;
    private const int SmallestShift = 9;
    private const int LargestShift = 16;

    internal int BlockSize => 1 << BlockShift;

    /// <param name="number">NSID.</param>
    /// <param name="data">What the controller answered, 4,096 bytes.</param>
    /// <exception cref="NvmeException">A block size that this driver cannot use.</exception>
    internal static NamespaceIdentity Parse(uint number, ReadOnlySpan<byte> data)
    {
        // FLBAS: the format's index, its lower four bits in 3:0 and the upper two in 6:5.
        var format = (data[26] & 0xF) | (data[26] >> 1 & 0x30);
        var entry = BinaryPrimitives.ReadUInt32LittleEndian(data[(FormatsAt + (4 * format))..]);
        var shift = (int)(entry >> 16 & 0xFF);
        return shift is >= SmallestShift and <= LargestShift
            ? new NamespaceIdentity(
                number,
                BinaryPrimitives.ReadUInt64LittleEndian(data),
                BinaryPrimitives.ReadUInt64LittleEndian(data[16..]),
                shift,
                (int)(entry & 0xFFFF))
            : throw new NvmeException(
                $"namespace {number} has blocks of 2^{shift} bytes; this driver knows 2^{SmallestShift} to 2^{LargestShift}");
    }
}
