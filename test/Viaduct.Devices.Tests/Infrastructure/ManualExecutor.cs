using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Tests.Infrastructure;

/// <summary>Runs a device's work when the test says so, on the test's thread.</summary>
internal sealed class ManualExecutor : IDeviceExecutor
{
    private readonly Queue<Action> _queue = new(16);

    public int Waiting => _queue.Count;

    public int Ran { get; private set; }

    public void Post(Action work) => _queue.Enqueue(work);

    /// <summary>What waits never runs.</summary>
    public void Forget() => _queue.Clear();

    /// <summary>One work item.</summary>
    public bool RunOne()
    {
        if (!_queue.TryDequeue(out var work))
        {
            return false;
        }

        Ran++;
        work();
        return true;
    }

    /// <summary>Until nothing is left; a device that never comes to an end fails the test.</summary>
    public void RunAll(int limit = 100_000)
    {
        while (RunOne())
        {
            Assert.True(limit-- > 0, "the device does not come to rest");
        }
    }
}
