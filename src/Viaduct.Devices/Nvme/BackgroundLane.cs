namespace Viaduct.Devices.Nvme;

/// <summary>What waits for one medium, so that no medium makes another's commands wait. All of it is under the lock of <see cref="BackgroundWork"/>, but
/// for <see cref="InFlight"/>, which is the engine's.</summary>
/// <param name="most">Steps that are made at once.</param>
internal sealed class BackgroundLane(int most)
{
    private static readonly TimeSpan s_fast = TimeSpan.FromMicroseconds(50);

    private TimeSpan _mean;

    /// <summary>Jobs that wait for their next step, the one that waits longest first.</summary>
    public Queue<BackgroundJob> Waiting { get; } = new(BackgroundWork.MostJobs + 1);

    /// <summary>What an executor is given to make a step.</summary>
    public required Action Step { get; init; }

    /// <summary>Steps that an executor was given and has not begun.</summary>
    public int Posted { get; set; }

    /// <summary>Steps that are being made, also for jobs that nobody waits for any more.</summary>
    public int InStep { get; set; }

    /// <summary>Threads that wait whether the one that makes steps gets on.</summary>
    public int Watching { get; set; }

    /// <summary>Steps that have ended.</summary>
    public long Steps { get; set; }

    /// <summary>Data moves so fast that one thread does best: more would be in each other's way, and in the kernel's.</summary>
    public bool IsFast => _mean < s_fast;

    /// <summary>Jobs that may change the medium and have not ended.</summary>
    public int Changing { get; set; }

    /// <summary>A flush or zeroing is being made: there is one at a time, so that they do not take all threads, and flushes that wait share the next.</summary>
    public bool IsMaintaining { get; set; }

    /// <summary>Jobs that somebody waits for.</summary>
    public int InFlight { get; set; }

    /// <summary>Data was moved; it took so long.</summary>
    public void Measure(TimeSpan time) => _mean += (time - _mean) / 8;

    /// <summary>Counts the steps that an executor is to be given.</summary>
    public int Wanted()
    {
        var wanted = Math.Min((IsFast ? Math.Min(most, 2) : most) - InStep - Posted - Watching, Waiting.Count - Posted);
        Posted += Math.Max(wanted, 0);
        return wanted;
    }

    /// <summary>Takes out the first job whose next step may be made; null where there is none.</summary>
    /// <param name="isAlone">A job that changes all of a medium would be the only one that changes it.</param>
    public BackgroundJob? Take(bool isAlone)
    {
        for (var left = Waiting.Count; left > 0; left--)
        {
            var job = Waiting.Dequeue();
            if ((job.IsMaintenance && IsMaintaining) || (job.IsShutdown && Changing > 0) || (job.IsWhole && !isAlone))
            {
                Waiting.Enqueue(job);
                continue;
            }

            return job;
        }

        return null;
    }

    /// <summary>Takes a job out; false where it does not wait.</summary>
    public bool TryRemove(BackgroundJob wanted)
    {
        var isThere = false;
        for (var left = Waiting.Count; left > 0; left--)
        {
            var job = Waiting.Dequeue();
            if (job == wanted)
            {
                isThere = true;
            }
            else
            {
                Waiting.Enqueue(job);
            }
        }

        return isThere;
    }
}
