using System.Diagnostics;
using NvmeDisk.Nvme;

namespace NvmeDisk.Work;

/// <summary>A load on several queues at once.</summary>
internal sealed class Load
{
    private readonly NvmeIoQueue[] _queues;
    private readonly LoadPlan _plan;
    private readonly LoadWorker[] _workers;
    private readonly Stopwatch _watch = new();

    internal Load(NvmeIoQueue[] queues, NamespaceIdentity space, LoadPlan plan)
    {
        _queues = queues;
        _plan = plan;
        _workers = [.. queues.Select((queue, i) => new LoadWorker(queue, space, plan, i, queues.Length))];
    }

    internal LoadPlan Plan => _plan;

    /// <summary>Commands done so far.</summary>
    internal long Done => _workers.Sum(static worker => worker.Done);

    internal TimeSpan Elapsed => _watch.Elapsed;

    /// <summary>How much of the load is done, 0 to 1: by the limit that is nearer.</summary>
    internal double Progress => Math.Min(1, Math.Max(
        _plan.Commands is { } commands ? (double)Done / commands : 0,
        _plan.Duration is { } duration ? Elapsed / duration : 0));

    /// <summary>Runs it.</summary>
    /// <exception cref="NvmeException">A command failed.</exception>
    internal void Run(CancellationToken stop)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _watch.Start();
        var deadline = _plan.Duration is { } duration
            ? Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency)
            : long.MaxValue;
        Crew.Run(_queues, index =>
        {
            try
            {
                _workers[index].Run(Share(index), deadline, failed.Token);
            }
            catch (IOException)
            {
                failed.Cancel();
                throw;
            }
        });
        _watch.Stop();
    }

    /// <summary>All workers' latencies.</summary>
    internal LatencyHistogram Latency(bool reads)
    {
        var sum = new LatencyHistogram();
        foreach (var worker in _workers)
        {
            sum.Add(reads ? worker.ReadLatency : worker.WriteLatency);
        }

        return sum;
    }

    private long Share(int index)
    {
        if (_plan.Commands is not { } all)
        {
            return long.MaxValue;
        }

        var (share, rest) = Math.DivRem(all, _workers.Length);
        return share + (index < rest ? 1 : 0);
    }
}
