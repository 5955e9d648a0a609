using System.Diagnostics.CodeAnalysis;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Nvme;

/// <summary>
/// Work that may wait for a medium, away from the engine. The engine starts jobs and takes finished ones; the background's executor steps
/// through them in turn.
/// </summary>
internal sealed class BackgroundWork
{
    /// <summary>Jobs that can be under way.</summary>
    public const int MostJobs = 64;

    private readonly IDeviceExecutor _executor;
    private readonly Action _kick;
    private readonly Action _step;

    // The engine's.
    private readonly Stack<BackgroundJob> _unused = new(MostJobs + 1);
    private readonly List<BackgroundJob> _inFlight = new(MostJobs + 1);

    // Innermost: nothing is called with it held.
    private readonly Lock _lock = new();
    private readonly Queue<BackgroundJob> _waiting = new(MostJobs + 1);
    private readonly Queue<BackgroundJob> _finished = new(MostJobs + 1);
    private bool _isPaused;
    private bool _isInStep;

    /// <summary>Nothing is under way.</summary>
    /// <param name="executor">Runs the jobs.</param>
    /// <param name="kick">Has the engine look for finished ones.</param>
    public BackgroundWork(IDeviceExecutor executor, Action kick)
    {
        _executor = executor;
        _kick = kick;
        _step = Step;
        for (var i = 0; i < MostJobs; i++)
        {
            _unused.Push(new BackgroundJob());
        }
    }

    /// <summary>Jobs that can be started.</summary>
    public int Free => _unused.Count;

    /// <summary>Jobs that were started and not taken back.</summary>
    public int InFlight => _inFlight.Count;

    /// <summary>Those jobs.</summary>
    public IReadOnlyList<BackgroundJob> Jobs => _inFlight;

    /// <summary>No step is under way, nor is one to come while jobs are paused. Any thread.</summary>
    public bool IsAtRest
    {
        get
        {
            lock (_lock)
            {
                return !_isInStep;
            }
        }
    }

    /// <summary>Jobs wait where they are, but for those that nobody waits for, which end. Any thread.</summary>
    public void Pause()
    {
        lock (_lock)
        {
            _isPaused = true;
        }
    }

    /// <summary>Jobs go on. Any thread.</summary>
    public void Resume()
    {
        int waiting;
        lock (_lock)
        {
            if (!_isPaused)
            {
                return;
            }

            _isPaused = false;
            waiting = _waiting.Count;
        }

        // One of them too many does nothing.
        for (; waiting > 0; waiting--)
        {
            _executor.Post(_step);
        }
    }

    /// <summary>A job for a command, to be filled in and started. There is one: see <see cref="Free"/>.</summary>
    public BackgroundJob Begin(SubmissionQueue queue, in NvmeCommand command, NvmeNamespace[] targets)
    {
        var job = _unused.Pop();
        job.Begin(queue, command, targets);
        return job;
    }

    /// <summary>Starts a job.</summary>
    public void Start(BackgroundJob job)
    {
        _inFlight.Add(job);
        lock (_lock)
        {
            _waiting.Enqueue(job);
        }

        _executor.Post(_step);
    }

    /// <summary>Starts the flush of a shutdown, which is not one of the jobs that there are.</summary>
    public void StartShutdown(NvmeNamespace ns)
    {
        var job = new BackgroundJob();
        job.Begin(null, default, ns.Alone);
        job.Flushes = true;
        Start(job);
    }

    /// <summary>Takes back a job that is at its end.</summary>
    public bool TryTakeFinished([NotNullWhen(true)] out BackgroundJob? job)
    {
        lock (_lock)
        {
            if (!_finished.TryDequeue(out job))
            {
                return false;
            }
        }

        _inFlight.Remove(job);
        return true;
    }

    /// <summary>The job can be used again.</summary>
    public void Release(BackgroundJob job)
    {
        if (_unused.Count < MostJobs)
        {
            _unused.Push(job);
        }
    }

    /// <summary>Nobody waits for any job any more: they end as soon as they can.</summary>
    public void CancelAll()
    {
        foreach (var job in _inFlight)
        {
            job.IsForgotten = true;
            job.Stop = true;

            // One that waited while all were paused has nobody who comes back to it.
            _executor.Post(_step);
        }
    }

    /// <summary>The jobs of a queue end as soon as they can.</summary>
    public void Stop(SubmissionQueue queue)
    {
        foreach (var job in _inFlight)
        {
            if (job.Queue == queue)
            {
                job.Stop = true;
            }
        }
    }

    private void Step()
    {
        BackgroundJob? job;
        lock (_lock)
        {
            if (!TryTakeWaiting(out job))
            {
                return;
            }

            _isInStep = true;
        }

        var isDone = job.Step();
        lock (_lock)
        {
            _isInStep = false;
            (isDone ? _finished : _waiting).Enqueue(job);
        }

        if (isDone)
        {
            _kick();
        }
        else
        {
            _executor.Post(_step);
        }
    }

    // The lock is held.
    private bool TryTakeWaiting([NotNullWhen(true)] out BackgroundJob? job)
    {
        for (var left = _waiting.Count; left > 0; left--)
        {
            job = _waiting.Dequeue();
            if (!_isPaused || job.Stop)
            {
                return true;
            }

            _waiting.Enqueue(job);
        }

        job = null;
        return false;
    }
}
