namespace Viaduct.Devices.Nvme.Storage;

/// <summary>Bytes in this process's memory, gone with it. Room is taken block by block from the first write on, and given back when a
/// block is made zeroes.</summary>
public sealed class RamStorage : NvmeStorage
{
    /// <summary>The most bytes.</summary>
    public const ulong LargestLength = 1UL << 44;

    private const int BlockShift = 18;
    private const int BlockSize = 1 << BlockShift;
    private const int TableShift = 12;
    private const int TableSize = 1 << TableShift;

    private readonly byte[]?[]?[] _tables;

    /// <summary>All zeroes.</summary>
    /// <param name="length">Bytes, above zero, at most <see cref="LargestLength"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is not in its range.</exception>
    public RamStorage(ulong length)
    {
        ArgumentOutOfRangeException.ThrowIfZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, LargestLength);
        Length = length;
        _tables = new byte[]?[]?[((length - 1) >> (BlockShift + TableShift)) + 1];
    }

    /// <inheritdoc/>
    public override ulong Length { get; }

    /// <inheritdoc/>
    public override bool IsSlow => false;

    /// <summary>Bytes of memory that are in use for blocks.</summary>
    public ulong Allocated { get; private set; }

    /// <inheritdoc/>
    public override StorageResult Read(ulong offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            var at = (int)(offset & (BlockSize - 1));
            var part = Math.Min(destination.Length, BlockSize - at);
            if (Find(offset) is { } block)
            {
                block.AsSpan(at, part).CopyTo(destination);
            }
            else
            {
                destination[..part].Clear();
            }

            destination = destination[part..];
            offset += (ulong)part;
        }

        return StorageResult.Ok;
    }

    /// <inheritdoc/>
    public override StorageResult Write(ulong offset, ReadOnlySpan<byte> source)
    {
        while (source.Length > 0)
        {
            var at = (int)(offset & (BlockSize - 1));
            var part = Math.Min(source.Length, BlockSize - at);
            if ((Find(offset) ?? TryAdd(offset)) is not { } block)
            {
                return StorageResult.NoSpace;
            }

            source[..part].CopyTo(block.AsSpan(at, part));
            source = source[part..];
            offset += (ulong)part;
        }

        return StorageResult.Ok;
    }

    /// <inheritdoc/>
    public override StorageResult Zero(ulong offset, ulong length, bool deallocate)
    {
        while (length > 0)
        {
            var at = (int)(offset & (BlockSize - 1));
            var part = Math.Min(length, (ulong)(BlockSize - at));
            if (Find(offset) is { } block)
            {
                if (part == BlockSize)
                {
                    Remove(offset);
                }
                else
                {
                    block.AsSpan(at, (int)part).Clear();
                }
            }
            else if (_tables[offset >> (BlockShift + TableShift)] is null)
            {
                // A table that is not there is passed over in one step.
                var rest = (1UL << (BlockShift + TableShift)) - (offset & ((1UL << (BlockShift + TableShift)) - 1));
                part = Math.Min(length, rest);
            }

            offset += part;
            length -= part;
        }

        return StorageResult.Ok;
    }

    /// <inheritdoc/>
    public override StorageResult Flush() => StorageResult.Ok;

    private byte[]? Find(ulong offset)
        => _tables[offset >> (BlockShift + TableShift)]?[(offset >> BlockShift) & (TableSize - 1)];

    private byte[]? TryAdd(ulong offset)
    {
        try
        {
            var table = _tables[offset >> (BlockShift + TableShift)] ??= new byte[]?[TableSize];
            var block = table[(offset >> BlockShift) & (TableSize - 1)] = new byte[BlockSize];
            Allocated += BlockSize;
            return block;
        }
        catch (OutOfMemoryException)
        {
            // The disk may be larger than what there is: that is full, and no bug.
            return null;
        }
    }

    private void Remove(ulong offset)
    {
        _tables[offset >> (BlockShift + TableShift)]![(offset >> BlockShift) & (TableSize - 1)] = null;
        Allocated -= BlockSize;
    }
}
