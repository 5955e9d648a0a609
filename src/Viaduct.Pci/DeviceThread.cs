using Viaduct.Pci.Hardware;

namespace Viaduct.Pci;

/// <summary>
/// Runs one device's work on a thread of its own, which starts with the first work and ends when there was none for a while: a
/// machine that nobody uses any more holds no thread. A model whose work throws is out of order from there on, like a chip that
/// hangs: the service goes on.
/// </summary>
/// <param name="name">What debuggers and traces call the thread.</param>
/// <param name="failed">Hears of a model's exception, which is a bug in it.</param>
public sealed class DeviceThread(string name, Action<Exception> failed) : IDeviceExecutor
{
    private static readonly TimeSpan s_longestIdle = TimeSpan.FromSeconds(2);

    // Its own lock and condition.
    private readonly Queue<Action> _queue = new();
    private Thread? _thread;
    private bool _isOutOfOrder;

    /// <inheritdoc/>
    public void Post(Action work)
    {
        lock (_queue)
        {
            if (_isOutOfOrder)
            {
                return;
            }

            _queue.Enqueue(work);
            Monitor.Pulse(_queue);
            if (_thread is null)
            {
                var thread = new Thread(Run) { Name = name, IsBackground = true };
                thread.Start();
                _thread = thread;
            }
        }
    }

    private void Run()
    {
        while (Next() is { } work)
        {
            try
            {
                work();
            }
#pragma warning disable CA1031 // a plug-in's bug must not take the other devices down
            catch (Exception bug)
#pragma warning restore CA1031
            {
                StopAccepting();
                failed(bug);
                return;
            }
        }
    }

    // Null where the thread is to end, which Post then knows.
    private Action? Next()
    {
        lock (_queue)
        {
            Action? work;
            while (!_queue.TryDequeue(out work))
            {
                if (!Monitor.Wait(_queue, s_longestIdle) && _queue.Count == 0)
                {
                    _thread = null;
                    return null;
                }
            }

            return work;
        }
    }

    private void StopAccepting()
    {
        lock (_queue)
        {
            _isOutOfOrder = true;
            _queue.Clear();
        }
    }
}
