using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Nvme;

/// <summary>
/// Work that may wait for a medium, away from the engine. The engine starts jobs and takes finished ones; threads of the background's executor make
/// their steps, a few at a time for each namespace.
/// </summary>
internal sealed class BackgroundWork
{
    /// <summary>Jobs of a namespace, and of commands for all of them, that can be under way.</summary>
    public const int MostJobs = 64;

    /// <summary>Steps of a namespace that are made at once.</summary>
    public const int MostSteps = 4;

    // After so much without a step that has ended, a second thread helps.
    private const int WatchMilliseconds = 1;

    private readonly IDeviceExecutor _executor;
    private readonly Action _kick;

    // The first is for jobs of several namespaces.
    private readonly BackgroundLane[] _lanes;

    // The engine's.
    private readonly Stack<BackgroundJob> _unused = new(MostJobs);
    private readonly List<BackgroundJob> _inFlight = new(MostJobs);

    // Its own condition: a step has ended. Innermost: nothing is called with it held.
    private readonly object _lock = new();
    private readonly Queue<BackgroundJob> _finished = new(MostJobs);
    private bool _isPaused;
    private bool _isAwaited;
    private int _inStep;
    private int _changing;

    /// <summary>Nothing is under way.</summary>
    /// <param name="namespaces">How many there are.</param>
    /// <param name="executor">Makes the steps.</param>
    /// <param name="kick">Has the engine look for finished jobs. Called for the first since it has taken all.</param>
    public BackgroundWork(int namespaces, IDeviceExecutor executor, Action kick)
    {
        _executor = executor;
        _kick = kick;
        _lanes = new BackgroundLane[namespaces + 1];
        for (var i = 0; i < _lanes.Length; i++)
        {
            var at = i;
            _lanes[i] = new BackgroundLane(i == 0 ? 1 : MostSteps) { Step = () => Step(at) };
        }
    }

    /// <summary>Jobs that somebody waits for, those that have ended too.</summary>
    public IReadOnlyList<BackgroundJob> Jobs => _inFlight;

    /// <summary>A job was started that may still change what is stored, whether somebody waits for it or not. Any thread.</summary>
    public bool IsChanging
    {
        get
        {
            lock (_lock)
            {
                return _changing > 0;
            }
        }
    }

    /// <summary>Jobs have ended and were not taken back.</summary>
    public bool HasFinished
    {
        get
        {
            lock (_lock)
            {
                return _finished.Count > 0;
            }
        }
    }

    /// <summary>No step is being made that somebody waits for, nor is one to come while jobs are paused. Any thread.</summary>
    public bool IsAtRest
    {
        get
        {
            lock (_lock)
            {
                return _inStep == 0;
            }
        }
    }

    /// <summary>There is room for a job of one namespace, or of several.</summary>
    public bool HasRoom(NvmeNamespace[] targets) => LaneOf(targets).InFlight < MostJobs;

    /// <summary>Waits until nothing that was started can change what is stored any more.</summary>
    /// <param name="milliseconds">How long at most.</param>
    public void WaitForChanges(long milliseconds)
    {
        var end = Environment.TickCount64 + milliseconds;
        lock (_lock)
        {
            _isAwaited = true;
            while (_changing > 0 && end - Environment.TickCount64 is > 0 and var left)
            {
                Monitor.Wait(_lock, (int)left);
            }

            _isAwaited = false;
        }
    }

    /// <summary>Jobs wait where they are. Any thread.</summary>
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
        lock (_lock)
        {
            if (!_isPaused)
            {
                return;
            }

            _isPaused = false;
        }

        foreach (var lane in _lanes)
        {
            Pump(lane);
        }
    }

    /// <summary>A job for a command, to be filled in and started, or released.</summary>
    public BackgroundJob Begin(SubmissionQueue? queue, in NvmeCommand command, NvmeNamespace[] targets)
    {
        var job = _unused.TryPop(out var unused) ? unused : new BackgroundJob();
        job.Begin(queue, command, targets);
        return job;
    }

    /// <summary>Starts a job.</summary>
    public void Start(BackgroundJob job)
    {
        var lane = LaneOf(job.Targets);
        _inFlight.Add(job);
        lane.InFlight++;
        lock (_lock)
        {
            Count(lane, job, 1);
            lane.Waiting.Enqueue(job);
        }

        Pump(lane);
    }

    /// <summary>Starts the flush of a shutdown.</summary>
    public void StartShutdown(NvmeNamespace ns)
    {
        var job = Begin(null, default, ns.Alone);
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

        if (!job.IsForgotten)
        {
            Leave(job);
        }

        return true;
    }

    /// <summary>The job can be used again.</summary>
    public void Release(BackgroundJob job) => _unused.Push(job);

    /// <summary>Nobody waits for any job any more. What has not begun never does; a step that is being made ends by itself.</summary>
    public void CancelAll()
    {
        lock (_lock)
        {
            foreach (var job in _inFlight)
            {
                job.Stop = true;
                Forget(job);
                var lane = LaneOf(job.Targets);
                lane.InFlight--;
                if (lane.TryRemove(job))
                {
                    Count(lane, job, -1);
                    _finished.Enqueue(job);
                }
            }
        }

        _inFlight.Clear();
    }

    /// <summary>Ends a job now, where that is possible: it has not begun, or only looks at what is stored.</summary>
    /// <param name="job">A job that somebody waits for.</param>
    /// <param name="status">What it comes to.</param>
    /// <returns>True where it is, or a stand-in, among the finished ones; false where it ends by itself.</returns>
    public bool TryEnd(BackgroundJob job, NvmeStatus status)
    {
        var lane = LaneOf(job.Targets);
        lock (_lock)
        {
            if (lane.TryRemove(job))
            {
                Count(lane, job, -1);
            }
            else if (!job.IsInStep || job.Changes)
            {
                return false;
            }
            else
            {
                job = StandInFor(job);
            }

            job.Stop = true;
            job.StopStatus = status;
            _finished.Enqueue(job);
        }

        Pump(lane);
        return true;
    }

    // The lock is held. The thread that has the job keeps it, and its buffer.
    private BackgroundJob StandInFor(BackgroundJob job)
    {
        job.Stop = true;
        Forget(job);
        var standIn = Begin(job.Queue, job.Command, job.Targets);
        _inFlight[_inFlight.IndexOf(job)] = standIn;
        return standIn;
    }

    private void Leave(BackgroundJob job)
    {
        _inFlight.Remove(job);
        LaneOf(job.Targets).InFlight--;
    }

    // The lock is held.
    private void Forget(BackgroundJob job)
    {
        job.IsForgotten = true;
        _inStep -= job.IsInStep ? 1 : 0;
    }

    // The lock is held.
    private void Count(BackgroundLane lane, BackgroundJob job, int jobs)
    {
        if (job.Changes)
        {
            lane.Changing += jobs;
            _changing += jobs;
        }
    }

    private BackgroundLane LaneOf(NvmeNamespace[] targets) => targets.Length == 1 ? _lanes[targets[0].Id] : _lanes[0];

    private void Pump(BackgroundLane lane)
    {
        int wanted;
        lock (_lock)
        {
            wanted = _isPaused ? 0 : lane.Wanted();
        }

        for (; wanted > 0; wanted--)
        {
            _executor.Post(lane.Step);
        }
    }

    // Job after job: a thread that is awake is cheaper than one that has to be woken.
    private void Step(int at)
    {
        var lane = _lanes[at];
        var job = Arrive(lane);
        while (job is not null)
        {
            var isMaintenance = job.IsMaintenance;
            var start = Stopwatch.GetTimestamp();
            var isDone = job.Step();
            bool isFirst, wasOfOne;
            BackgroundJob? next;
            lock (_lock)
            {
                isDone |= job.Stop;
                isFirst = isDone && _finished.Count == 0;
                if (!isMaintenance)
                {
                    lane.Measure(Stopwatch.GetElapsedTime(start));
                }

                End(lane, job, isMaintenance, isDone);
                next = isDone ? Begin(lane) : null;
                wasOfOne = at != 0 && isDone && job.Changes && _lanes[0].Waiting.Count > 0;
            }

            Pump(lane);
            if (wasOfOne)
            {
                Pump(_lanes[0]);
            }

            if (isFirst)
            {
                _kick();
            }

            job = next;
        }
    }

    /// <summary>A thread has come to make a step. Where steps are short, one thread makes them all, and a second one only watches that it gets on.</summary>
    private BackgroundJob? Arrive(BackgroundLane lane)
    {
        lock (_lock)
        {
            lane.Posted--;
            lane.Watching++;
            while (lane.IsFast && lane.InStep > 0)
            {
                var seen = lane.Steps;
                Monitor.Wait(_lock, WatchMilliseconds);
                if (lane.Steps == seen)
                {
                    lane.Measure(TimeSpan.FromMilliseconds(WatchMilliseconds));
                    break;
                }
            }

            lane.Watching--;
            return Begin(lane);
        }
    }

    // The lock is held.
    private BackgroundJob? Begin(BackgroundLane lane)
    {
        var job = _isPaused ? null : lane.Take(isAlone: lane == _lanes[0] ? _changing == lane.Changing : lane.Changing == 1);
        if (job is not null)
        {
            Debug.Assert(!job.IsForgotten, "what nobody waits for does not wait");
            job.IsInStep = true;
            _inStep++;
            lane.InStep++;
            lane.IsMaintaining |= job.IsMaintenance;
        }

        return job;
    }

    // The lock is held.
    private void End(BackgroundLane lane, BackgroundJob job, bool isMaintenance, bool isDone)
    {
        job.IsInStep = false;
        _inStep -= job.IsForgotten ? 0 : 1;
        lane.InStep--;
        lane.Steps++;
        lane.IsMaintaining &= !isMaintenance;
        if (!isDone)
        {
            lane.Waiting.Enqueue(job);
            return;
        }

        Count(lane, job, -1);
        _finished.Enqueue(job);
        if (_isAwaited)
        {
            Monitor.PulseAll(_lock);
        }
    }
}
