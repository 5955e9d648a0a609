using NvmeDisk.Nvme;
using NvmeDisk.Work;
using Viaduct.Driver;

namespace Viaduct.Kills;

/// <summary>Keeps one queue full of writes and flushes until the server is gone. Each slot has blocks of its own, so that a block has one
/// write at a time.</summary>
internal sealed class Writer
{
    /// <summary>Blocks that a slot has.</summary>
    internal const int BlocksOfSlot = 16;

    /// <summary>The most blocks of a write.</summary>
    internal const int MostBlocks = 8;

    private const int FlushPercent = 4;
    private const int DurablePercent = 12;

    private readonly NvmeIoQueue _queue;
    private readonly NamespaceIdentity _space;
    private readonly Ledger _ledger;
    private readonly bool _isCached;
    private readonly Random _random;
    private readonly int _firstBlock;
    private readonly WriterSlot[] _slots;

    /// <param name="queue">Nothing of it is under way.</param>
    /// <param name="space">The namespace.</param>
    /// <param name="ledger">Where everything is written down.</param>
    /// <param name="isCached">False where the disk's volatile cache is disabled: what is done is promised.</param>
    /// <param name="index">The writer's number.</param>
    /// <param name="seed">Of its choices.</param>
    internal Writer(NvmeIoQueue queue, NamespaceIdentity space, Ledger ledger, bool isCached, int index, int seed)
    {
        _queue = queue;
        _space = space;
        _ledger = ledger;
        _isCached = isCached;
        _random = new Random(seed);
        _firstBlock = index * queue.Depth * BlocksOfSlot;
        _slots = new WriterSlot[queue.Depth];
        for (var i = 0; i < _slots.Length; i++)
        {
            _slots[i] = new WriterSlot(ledger.Blocks);
        }
    }

    /// <summary>Writes of which the disk said that they are done.</summary>
    internal long Writes { get; private set; }

    /// <summary>Those of them that were promises at once.</summary>
    internal long Durable { get; private set; }

    /// <summary>Flushes of which the disk said that they are done.</summary>
    internal long Flushes { get; private set; }

    /// <summary>Commands that the server took with it.</summary>
    internal int UnderWay => _queue.Rented;

    /// <summary>Writes until the server is gone, then takes what it had said before it went.</summary>
    /// <param name="gone">The server is.</param>
    /// <exception cref="NvmeException">The disk refused a command.</exception>
    internal void Run(CancellationToken gone)
    {
        try
        {
            while (!gone.IsCancellationRequested)
            {
                while (_queue.TryRent(out var slot))
                {
                    Start(slot);
                }

                _queue.Announce();
                Take();
                Thread.Yield();
            }
        }
        catch (VfioException)
        {
            gone.WaitHandle.WaitOne();
        }

        try
        {
            Take();
        }
        catch (VfioException)
        {
            // The last doorbell, when everything is taken.
        }
    }

    private void Take()
    {
        while (_queue.TryTake(out var slot, out var status))
        {
            Finish(slot, status);
            _queue.Return(slot);
        }
    }

    private void Start(int index)
    {
        var slot = _slots[index];
        var choice = _random.Next(100);
        slot.IsFlush = choice < FlushPercent;
        if (slot.IsFlush)
        {
            _ledger.CopyDone(slot.DoneBefore);
            _queue.Flush(index, _space);
            return;
        }

        slot.Count = _random.Next(1, MostBlocks + 1);
        slot.First = _firstBlock + (index * BlocksOfSlot) + _random.Next(BlocksOfSlot - slot.Count + 1);
        slot.IsDurable = choice < FlushPercent + DurablePercent;
        slot.Number = _ledger.Start(slot.First, slot.Count);
        var data = _queue.Data(index, slot.Count << _space.BlockShift);
        for (var i = 0; i < slot.Count; i++)
        {
            Pattern.Fill(data.Slice(i << _space.BlockShift, _space.BlockSize), (ulong)slot.Number, (ulong)(slot.First + i));
        }

        _queue.Write(index, _space, (ulong)slot.First, slot.Count, slot.IsDurable);
    }

    private void Finish(int index, NvmeStatus status)
    {
        var slot = _slots[index];
        if (!status.IsSuccess)
        {
            throw new NvmeException($"{(slot.IsFlush ? "Flush" : "Write")} failed in queue {_queue.Number}: {status}");
        }

        if (slot.IsFlush)
        {
            _ledger.Promise(slot.DoneBefore);
            Flushes++;
            return;
        }

        var isPromise = slot.IsDurable || !_isCached;
        _ledger.Finish(slot.First, slot.Count, slot.Number, isPromise);
        Writes++;
        Durable += isPromise ? 1 : 0;
    }
}
