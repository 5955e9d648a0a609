using Viaduct.Pci.Hardware;

namespace Viaduct.Pci;

/// <summary>
/// Runs one device's work on a thread of its own, or on several, which start with the work and end when there was none for a while: a
/// machine that nobody uses any more holds no thread. A model whose work throws is out of order from there on, like a chip that
/// hangs: the service goes on.
/// </summary>
/// <param name="name">What debuggers and traces call the threads.</param>
/// <param name="failed">Hears of a model's exception, which is a bug in it.</param>
/// <param name="most">Threads that there can be. With one, work items run one after the other, in order.</param>
public sealed class DeviceThread(string name, Action<Exception> failed, int most = 1) : IDeviceExecutor
{
    private static readonly TimeSpan s_longestIdle = TimeSpan.FromSeconds(2);

    // Its own lock and condition.
    private readonly Queue<Action> _queue = new();
    private int _threads;
    private int _idle;
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

            // A thread that was woken and has not taken its work yet still counts as idle, and its work still waits.
            _queue.Enqueue(work);
            if (_queue.Count > _idle && _threads < most)
            {
                new Thread(Run) { Name = name, IsBackground = true }.Start();
                _threads++;
            }
            else
            {
                Monitor.Pulse(_queue);
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
                _idle++;
                var isWoken = Monitor.Wait(_queue, s_longestIdle);
                _idle--;
                if (!isWoken && _queue.Count == 0)
                {
                    _threads--;
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
