using Viaduct.Linux.Processes;

namespace Viaduct.Supervisor.Tracing;

/// <summary>
/// Keeps the tracer and a thread that traps often on one processor: a wake-up across processors costs several times the trap
/// itself. The thread's own affinity comes back as soon as its traps get rare, or when it asks for it.
/// </summary>
/// <remarks>The tracer's thread calls <see cref="OnTrap"/>, the server's <see cref="Restore"/>, a timer the rest.</remarks>
internal sealed class CpuSharing : IDisposable
{
    // Traps of one thread, one after the other and within a tick, from which on it pays.
    private const int FrequentTraps = 32;
    private const int TickMilliseconds = 20;

    // A thread that looked at or set its affinity is left alone for so many ticks.
    private const int QuietTicks = 50;

    private readonly Lock _lock = new();
    private readonly Timer _timer;
    private int _candidate;
    private int _streak;
    private int _task;
    private int _trapsInTick;
    private int _quiet;
    private bool _ticking;

    // What the thread's affinity was before we lent it ours; null where it stays as it is.
    private CpuSet? _taskCpus;

    public CpuSharing() => _timer = new Timer(_ => Tick());

    /// <summary>A thread trapped. Costs a comparison while nothing changes.</summary>
    public void OnTrap(int task)
    {
        if (task == _task)
        {
            _trapsInTick++;
            return;
        }

        if (task != _candidate)
        {
            _candidate = task;
            _streak = 0;
        }

        if (++_streak >= FrequentTraps)
        {
            _streak = 0;
            Share(task);
        }
    }

    /// <summary>A thread made another, which inherited what we lent its maker.</summary>
    public void OnCreated(int parent, int task)
    {
        lock (_lock)
        {
            if (parent == _task)
            {
                _ = _taskCpus?.Set(task);
            }
        }
    }

    /// <summary>The thread is about to look at its affinity, or to set it.</summary>
    public void Restore(int task)
    {
        lock (_lock)
        {
            _quiet = QuietTicks;
            if (task == _task)
            {
                End();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Share(int task)
    {
        lock (_lock)
        {
            StartTicking();
            if (CpuSet.Get(task, out var taskCpus).IsError)
            {
                return;
            }

            // A thread that has one processor keeps it, and we come to it: nothing of the thread's is touched.
            var isPinned = taskCpus.Count == 1;
            if (_quiet > 0 && !isPinned)
            {
                return;
            }

            End();
            var here = CpuSet.Current;
            var cpu = taskCpus.Has(here) ? here : taskCpus.First;
            if (!CpuSet.Only(cpu).Set(0).IsError && (isPinned || !CpuSet.Only(cpu).Set(task).IsError))
            {
                _taskCpus = isPinned ? null : taskCpus;
                _trapsInTick = FrequentTraps;
                _task = task;
            }
        }
    }

    private void Tick()
    {
        lock (_lock)
        {
            _quiet = Math.Max(0, _quiet - 1);
            if (_task != 0 && _trapsInTick < FrequentTraps)
            {
                End();
            }

            _trapsInTick = 0;
            if (_task == 0 && _quiet == 0)
            {
                _ticking = false;
                _timer.Change(Timeout.Infinite, Timeout.Infinite);
            }
        }
    }

    private void StartTicking()
    {
        if (!_ticking)
        {
            _ticking = true;
            _timer.Change(TickMilliseconds, TickMilliseconds);
        }
    }

    // The tracer stays where it is: it moves along with the next thread, and its own mask is nobody's business.
    private void End()
    {
        if (_task != 0)
        {
            _ = _taskCpus?.Set(_task);
            _task = 0;
        }
    }
}
