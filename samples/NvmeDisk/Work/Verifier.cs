using NvmeDisk.Nvme;

namespace NvmeDisk.Work;

/// <summary>
/// Writes a pattern over a range of blocks, flushes it, and reads it back. Several queues share the range chunk by chunk,
/// and each chunk is read by another queue than it was written by.
/// </summary>
internal sealed class Verifier
{
    private const int MostFaults = 10;

    private readonly Lock _lock = new();
    private readonly NvmeIoQueue[] _queues;
    private readonly NamespaceIdentity _space;
    private readonly ulong _first;
    private readonly ulong _count;
    private readonly ulong _chunk;
    private readonly ulong _run;
    private readonly List<string> _faults = [];
    private long _faulty;
    private ulong _blocksDone;

    /// <param name="queues">Nothing of them is under way.</param>
    /// <param name="space">The namespace.</param>
    /// <param name="first">The first block.</param>
    /// <param name="count">How many.</param>
    /// <param name="run">The run's number, in each block.</param>
    internal Verifier(NvmeIoQueue[] queues, NamespaceIdentity space, ulong first, ulong count, ulong run)
    {
        _queues = queues;
        _space = space;
        _first = first;
        _count = count;
        _run = run;
        _chunk = (ulong)Math.Clamp(queues[0].MaxTransfer >> space.BlockShift, 1, ushort.MaxValue + 1);
    }

    /// <summary>How many blocks were wrong.</summary>
    internal long Faulty => _faulty;

    /// <summary>The first of them, a sentence each.</summary>
    internal IReadOnlyList<string> Faults => _faults;

    /// <summary>Blocks written and read so far, of twice the range.</summary>
    internal ulong BlocksDone => Volatile.Read(ref _blocksDone);

    /// <summary>Writes the range.</summary>
    internal void Write() => Crew.Run(_queues, Write);

    /// <summary>Flushes it.</summary>
    internal void Flush()
    {
        if (!_queues[0].TryRent(out var slot))
        {
            throw new InvalidOperationException("The queue is in use.");
        }

        _queues[0].Flush(slot, _space);
        _queues[0].Return(_queues[0].Wait(out var status));
        if (!status.IsSuccess)
        {
            throw new NvmeException($"Flush failed: {status}");
        }
    }

    /// <summary>Reads it back.</summary>
    /// <returns>True where every block is what was written.</returns>
    internal bool Check()
    {
        Crew.Run(_queues, Check);
        return _faulty == 0;
    }

    private void Write(int worker)
    {
        var queue = _queues[worker];
        Pump(queue, worker, (slot, block, count) =>
        {
            var data = queue.Data(slot, count << _space.BlockShift);
            for (var i = 0; i < count; i++)
            {
                Pattern.Fill(data.Slice(i << _space.BlockShift, _space.BlockSize), _run, block + (ulong)i);
            }

            queue.Write(slot, _space, block, count);
        }, static (_, _, _) => { });
    }

    private void Check(int worker)
    {
        var queue = _queues[worker];
        Pump(
            queue,
            worker + 1,
            (slot, block, count) => queue.Read(slot, _space, block, count),
            (slot, block, count) =>
            {
                var data = queue.Data(slot, count << _space.BlockShift);
                for (var i = 0; i < count; i++)
                {
                    var part = data.Slice(i << _space.BlockShift, _space.BlockSize);
                    Report(block + (ulong)i, Pattern.FindFault(part, _run, block + (ulong)i));
                }
            });
    }

    // Chunk n belongs to the worker whose number is n modulo the number of workers.
    private void Pump(NvmeIoQueue queue, int worker, Action<int, ulong, int> start, Action<int, ulong, int> finish)
    {
        var chunks = new (ulong Block, int Count)[queue.Depth];
        var stride = _chunk * (ulong)_queues.Length;
        var at = (ulong)(worker % _queues.Length) * _chunk;
        while (at < _count || queue.Rented > 0)
        {
            while (at < _count && queue.TryRent(out var free))
            {
                chunks[free] = (_first + at, (int)Math.Min(_chunk, _count - at));
                start(free, chunks[free].Block, chunks[free].Count);
                at += stride;
            }

            var slot = queue.Wait(out var status);
            var (block, count) = chunks[slot];
            if (!status.IsSuccess)
            {
                throw new NvmeException($"blocks {block} + {count}, queue {queue.Number}: {status}");
            }

            finish(slot, block, count);
            Interlocked.Add(ref _blocksDone, (ulong)count);
            queue.Return(slot);
        }
    }

    private void Report(ulong block, string? fault)
    {
        if (fault is null)
        {
            return;
        }

        lock (_lock)
        {
            if (_faulty++ < MostFaults)
            {
                _faults.Add($"block {block} {fault}");
            }
        }
    }
}
