namespace Viaduct.Devices.Nvme;

/// <summary>What waits for one medium, so that no medium makes another's commands wait. All of it is under the lock of <see cref="BackgroundWork"/>, but
/// for <see cref="InFlight"/>, which is the engine's.</summary>
/// <param name="most">Steps that are made at once.</param>
internal sealed class BackgroundLane(int most)
{
    /// <summary>Jobs that wait for their next step, the one that waits longest first.</summary>
    public Queue<BackgroundJob> Waiting { get; } = new(BackgroundWork.MostJobs + 1);

    /// <summary>What an executor is given to make a step.</summary>
    public required Action Step { get; init; }

    /// <summary>Steps that an executor was given and has not begun.</summary>
    public int Posted { get; set; }

    /// <summary>Steps that are being made, also for jobs that nobody waits for any more.</summary>
    public int InStep { get; set; }

    /// <summary>Jobs that may change the medium and have not ended.</summary>
    public int Changing { get; set; }

    /// <summary>A flush or zeroing is being made: there is one at a time, so that they do not take all threads, and flushes that wait share the next.</summary>
    public bool IsMaintaining { get; set; }

    /// <summary>Jobs that somebody waits for.</summary>
    public int InFlight { get; set; }

    /// <summary>Counts the steps that an executor is to be given.</summary>
    public int Wanted()
    {
        var wanted = Math.Min(most - InStep - Posted, Waiting.Count - Posted);
        Posted += Math.Max(wanted, 0);
        return wanted;
    }

    /// <summary>Takes out the first job whose next step may be made; null where there is none.</summary>
    public BackgroundJob? Take()
    {
        for (var left = Waiting.Count; left > 0; left--)
        {
            var job = Waiting.Dequeue();
            if ((job.IsMaintenance && IsMaintaining) || (job.IsShutdown && Changing > 0))
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
