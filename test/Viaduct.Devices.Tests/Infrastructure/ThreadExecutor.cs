using System.Collections.Concurrent;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Tests.Infrastructure;

/// <summary>Runs a device's work on a thread of its own, as outside of tests.</summary>
internal sealed class ThreadExecutor : IDeviceExecutor, IDisposable
{
    private readonly BlockingCollection<Action> _queue = [];
    private readonly Thread _thread;

    public ThreadExecutor()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "device" };
        _thread.Start();
    }

    /// <summary>What a work item threw; there must be nothing.</summary>
    public Exception? Failure { get; private set; }

    public void Post(Action work) => _queue.Add(work);

    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
        _queue.Dispose();
    }

    private void Run()
    {
        try
        {
            foreach (var work in _queue.GetConsumingEnumerable())
            {
                work();
            }
        }
        catch (InvalidOperationException failure)
        {
            Failure = failure;
        }
    }
}
