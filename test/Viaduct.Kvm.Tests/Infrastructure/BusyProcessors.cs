namespace Viaduct.Kvm.Tests.Infrastructure;

/// <summary>Threads that make hypercalls until they are disposed.</summary>
internal sealed class BusyProcessors : IDisposable
{
    private readonly List<Task> _tasks = [];
    private readonly long[] _calls;
    private volatile bool _isOver;

    public BusyProcessors(KvmVm vm, int count, Action<TceHypercalls, Random> call)
    {
        _calls = new long[count];
        for (var i = 0; i < count; i++)
        {
            var number = i;
            _tasks.Add(Task.Factory.StartNew(
                () => Run(vm, number, call), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        }
    }

    /// <summary>Waits until each has begun and ended some calls from now on.</summary>
    public void LetRun(int calls = 50)
    {
        for (var i = 0; i < _calls.Length; i++)
        {
            var target = Volatile.Read(ref _calls[i]) + calls;
            while (Volatile.Read(ref _calls[i]) < target)
            {
                Assert.False(_tasks[i].IsCompleted);
                Thread.Yield();
            }
        }
    }

    /// <summary>Ends them; what one of them threw is thrown here.</summary>
    public void Dispose()
    {
        _isOver = true;
        Task.WaitAll([.. _tasks]);
    }

    private void Run(KvmVm vm, int number, Action<TceHypercalls, Random> call)
    {
        using var cpu = new TceHypercalls(vm);
        var random = new Random(number);
        while (!_isOver)
        {
            call(cpu, random);
            Volatile.Write(ref _calls[number], _calls[number] + 1);
        }
    }
}
