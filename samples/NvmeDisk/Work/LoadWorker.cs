using System.Diagnostics;
using NvmeDisk.Nvme;

namespace NvmeDisk.Work;

/// <summary>One queue of a load: keeps all of its slots busy until the load is over. Allocates nothing on the
/// way.</summary>
internal sealed class LoadWorker
{
    private readonly NvmeIoQueue _queue;
    private readonly NamespaceIdentity _space;
    private readonly LoadPlan _plan;
    private readonly Random _random;
    private readonly long[] _started;
    private readonly bool[] _reads;
    private readonly ulong _places;
    private readonly ulong _stride;
    private ulong _next;
    private long _done;

    /// <param name="queue">Nothing of it is under way.</param>
    /// <param name="space">The namespace.</param>
    /// <param name="plan">The load.</param>
    /// <param name="index">The worker's number; sequential loads are dealt out by it.</param>
    /// <param name="workers">How many workers there are.</param>
    internal LoadWorker(NvmeIoQueue queue, NamespaceIdentity space, LoadPlan plan, int index, int workers)
    {
        _queue = queue;
        _space = space;
        _plan = plan;
        _random = new Random(plan.Seed + index);
        _started = new long[queue.Depth];
        _reads = new bool[queue.Depth];
        _places = plan.Count / (ulong)plan.Blocks;
        _next = (ulong)index;
        _stride = (ulong)workers;
        Fill();
    }

    /// <summary>Commands done so far; read from other threads too.</summary>
    internal long Done => Volatile.Read(ref _done);

    internal LatencyHistogram ReadLatency { get; } = new();

    internal LatencyHistogram WriteLatency { get; } = new();

    /// <summary>Runs the load's share.</summary>
    /// <param name="commands">How many commands to do.</param>
    /// <param name="deadline">When to stop (<see cref="Stopwatch.GetTimestamp"/>).</param>
    /// <param name="stop">Ends it early.</param>
    /// <exception cref="NvmeException">A command failed.</exception>
    internal void Run(long commands, long deadline, CancellationToken stop)
    {
        long issued = 0;
        while (true)
        {
            var now = Stopwatch.GetTimestamp();
            var isOpen = now < deadline && !stop.IsCancellationRequested;
            while (isOpen && issued < commands && _queue.TryRent(out var free))
            {
                Start(free, now);
                issued++;
            }

            if (_queue.Rented == 0)
            {
                return;
            }

            var slot = _queue.Wait(out var status);
            do
            {
                Finish(slot, status);
            }
            while (_queue.TryTake(out slot, out status));
        }
    }

    private void Start(int slot, long now)
    {
        var place = _plan.IsRandom ? (ulong)_random.NextInt64((long)_places) : _next % _places;
        _next += _stride;
        var block = _plan.First + (place * (ulong)_plan.Blocks);
        var reads = _plan.Reads == 100 || (_plan.Reads > 0 && _random.Next(100) < _plan.Reads);
        _reads[slot] = reads;
        _started[slot] = now;
        if (reads)
        {
            _queue.Read(slot, _space, block, _plan.Blocks);
        }
        else
        {
            _queue.Write(slot, _space, block, _plan.Blocks);
        }
    }

    private void Finish(int slot, NvmeStatus status)
    {
        if (!status.IsSuccess)
        {
            throw new NvmeException($"{(_reads[slot] ? "Read" : "Write")} failed in queue {_queue.Number}: {status}");
        }

        (_reads[slot] ? ReadLatency : WriteLatency).Record(Stopwatch.GetTimestamp() - _started[slot]);
        _queue.Return(slot);
        Volatile.Write(ref _done, _done + 1);
    }

    // Writes carry random bytes, which no device makes smaller.
    private void Fill()
    {
        var slots = new int[_queue.Depth];
        for (var i = 0; _queue.TryRent(out var slot); i++)
        {
            slots[i] = slot;
            _random.NextBytes(_queue.Data(slot, _plan.Blocks << _space.BlockShift));
        }

        Array.ForEach(slots, _queue.Return);
    }
}
