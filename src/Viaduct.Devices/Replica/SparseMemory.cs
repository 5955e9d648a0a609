using System.Buffers.Binary;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Replica;

/// <summary>A BAR that is plain memory, of any size: blocks exist from the first store to them on. The function's gate protects
/// it.</summary>
/// <param name="full">Hears once that a store was dropped because there are too many blocks.</param>
internal sealed class SparseMemory(Action full) : IRegisterSpace
{
    private const int BlockShift = 16;
    private const int BlockSize = 1 << BlockShift;

    /// <summary>Bytes that are kept: 256 MiB of what a program really stored.</summary>
    public const int MostBytes = 256 << 20;

    private const int MostBlocks = MostBytes / BlockSize;

    private readonly Dictionary<ulong, byte[]> _blocks = [];
    private bool _isFull;

    /// <inheritdoc/>
    public ulong Read(ulong offset, int width)
    {
        if (!_blocks.TryGetValue(offset >> BlockShift, out var block))
        {
            return 0;
        }

        var bytes = block.AsSpan((int)(offset & (BlockSize - 1)), width);
        return width switch
        {
            1 => bytes[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        };
    }

    /// <inheritdoc/>
    public void Write(ulong offset, int width, ulong value)
    {
        if (Find(offset >> BlockShift) is not { } block)
        {
            return;
        }

        for (var i = 0; i < width; i++)
        {
            block[(int)(offset & (BlockSize - 1)) + i] = (byte)(value >> (8 * i));
        }
    }

    /// <summary>All zero again.</summary>
    public void Clear()
    {
        _blocks.Clear();
        _isFull = false;
    }

    private byte[]? Find(ulong index)
    {
        if (_blocks.TryGetValue(index, out var block))
        {
            return block;
        }

        if (_blocks.Count < MostBlocks)
        {
            return _blocks[index] = new byte[BlockSize];
        }

        if (!_isFull)
        {
            _isFull = true;
            full();
        }

        return null;
    }
}
