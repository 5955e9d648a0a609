using Viaduct.Pci.Hardware;

namespace Viaduct.Pci;

/// <summary>
/// Runs one device's work on a thread of its own, which starts with the first work. A model whose work throws is out of order from
/// there on, like a chip that hangs: the service goes on.
/// </summary>
/// <param name="name">What debuggers and traces call the thread.</param>
/// <param name="failed">Hears of a model's exception, which is a bug in it.</param>
public sealed class DeviceThread(string name, Action<Exception> failed) : IDeviceExecutor
{
    private readonly Lock _lock = new();
    private readonly Queue<Action> _queue = new();
    private readonly AutoResetEvent _wakeUp = new(initialState: false);
    private Thread? _thread;

    /// <inheritdoc/>
    public void Post(Action work)
    {
        lock (_lock)
        {
            _queue.Enqueue(work);
            if (_thread is null)
            {
                _thread = new Thread(Run) { Name = name, IsBackground = true };
                _thread.Start();
            }
        }

        _wakeUp.Set();
    }

    private void Run()
    {
        while (true)
        {
            Action? work;
            lock (_lock)
            {
                _queue.TryDequeue(out work);
            }

            if (work is null)
            {
                _wakeUp.WaitOne();
                continue;
            }

            try
            {
                work();
            }
#pragma warning disable CA1031 // a plug-in's bug must not take the other devices down
            catch (Exception bug)
#pragma warning restore CA1031
            {
                failed(bug);
                return;
            }
        }
    }
}
