using Viaduct.Devices.Nvme.Storage;

namespace Viaduct.Devices.Nvme;

/// <summary>A namespace: storage in blocks. The engine owns it.</summary>
internal sealed class NvmeNamespace
{
    /// <summary>The smallest block: LBA format 0.</summary>
    public const int SmallestBlock = 512;

    /// <summary>The largest block: LBA format 1.</summary>
    public const int LargestBlock = 4096;

    /// <summary>LBA formats.</summary>
    public const int Formats = 2;

    // What the background has started and finished of flushes; see BackgroundWork.
    private readonly Lock _flushLock = new();
    private long _flushTickets;
    private long _flushed;

    /// <summary>A namespace that holds what its storage holds.</summary>
    /// <param name="id">Namespace identifier, from 1.</param>
    /// <param name="storage">Its bytes.</param>
    /// <param name="format">LBA format: 0 for blocks of 512 bytes, 1 for 4096.</param>
    public NvmeNamespace(uint id, NvmeStorage storage, int format)
    {
        Id = id;
        Storage = storage;
        Format = format;
        Alone = [this];
    }

    public uint Id { get; }

    /// <summary>This namespace and no other.</summary>
    public NvmeNamespace[] Alone { get; }

    public NvmeStorage Storage { get; }

    /// <summary>LBA format: 0 or 1.</summary>
    public int Format { get; set; }

    /// <summary>Log2 of a block's bytes.</summary>
    public int BlockShift => ShiftOf(Format);

    public ulong Blocks => Storage.Length >> BlockShift;

    /// <summary>A Format NVM is under way: nothing else is served.</summary>
    public bool IsFormatting { get; set; }

    /// <summary>Log2 of a format's block.</summary>
    public static int ShiftOf(int format) => format == 0 ? 9 : 12;

    /// <summary>True where a range of blocks lies inside.</summary>
    public bool Contains(ulong first, ulong count) => count <= Blocks && first <= Blocks - count;

    /// <summary>A number for a flush that begins now: what was written before is covered by a sync that starts later.</summary>
    public long NextFlushTicket() => Interlocked.Increment(ref _flushTickets);

    /// <summary>For the background: makes durable what a ticket covers, unless a sync that started after it has done so. Waits for one that another
    /// thread is at.</summary>
    public StorageResult FlushUpTo(long ticket)
    {
        lock (_flushLock)
        {
            if (ticket <= _flushed)
            {
                return StorageResult.Ok;
            }

            var covered = Interlocked.Read(ref _flushTickets);
            var result = Storage.Flush();
            if (result == StorageResult.Ok)
            {
                _flushed = covered;
            }

            return result;
        }
    }
}
