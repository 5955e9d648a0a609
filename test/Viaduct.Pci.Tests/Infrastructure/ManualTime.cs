namespace Viaduct.Pci.Tests.Infrastructure;

/// <summary>A clock whose timers run when a test says so.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly List<ManualTimer> _timers = [];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state), dueTime);
        lock (_timers)
        {
            _timers.Add(timer);
        }

        return timer;
    }

    /// <summary>Runs every timer that waits, and says how long each would have.</summary>
    public TimeSpan[] RunTimers()
    {
        ManualTimer[] due;
        lock (_timers)
        {
            due = [.. _timers];
            _timers.Clear();
        }

        foreach (var timer in due)
        {
            timer.Run();
        }

        return [.. due.Select(t => t.DueTime)];
    }

    private sealed class ManualTimer(ManualTime time, Action run, TimeSpan dueTime) : ITimer
    {
        public TimeSpan DueTime { get; } = dueTime;

        public void Run() => run();

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
            lock (time._timers)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
