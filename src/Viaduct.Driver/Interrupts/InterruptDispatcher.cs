using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>
/// The thread that polls the eventfds of a device's asynchronous waits; started by the first. Steady state allocates
/// nothing. The waiters' locks are taken before this one, never while it is held.
/// </summary>
internal sealed class InterruptDispatcher(string name) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<InterruptWaiter> _armed = [];
    private EventFd? _wake;
    private Thread? _thread;
    private bool _stopping;

    /// <summary>Stops the thread. Waiters are closed before, by their vectors.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _stopping = true;
            _wake?.Signal();
        }

        if (_thread != Thread.CurrentThread)
        {
            _thread?.Join();
        }

        _wake?.Dispose();
    }

    /// <summary>Watches a waiter until it is disarmed. Its eventfd stays open that long.</summary>
    internal void Arm(InterruptWaiter waiter)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopping, typeof(PciDevice));
            if (_wake is null)
            {
                Start();
            }

            _armed.Add(waiter);
            _wake!.Signal();
        }
    }

    /// <summary>Watches it no longer. A poll that is under way may still report it, which its waiter ignores.</summary>
    internal void Disarm(InterruptWaiter waiter)
    {
        lock (_lock)
        {
            _armed.Remove(waiter);
        }
    }

    private void Start()
    {
        var result = EventFd.Create(out var wake);
        if (result.IsError)
        {
            throw new VfioException(result.Errno, "eventfd", "cannot watch interrupts");
        }

        _wake = wake;
        _thread = new Thread(Run) { IsBackground = true, Name = $"interrupts of {name}" };
        _thread.Start();
    }

    private void Run()
    {
        var waiters = new InterruptWaiter[8];
        var files = new PollFd[9];
        while (Collect(ref waiters, ref files, out var count))
        {
            var result = FileCalls.Poll(files.AsSpan(0, count + 1), -1);
            if (result.IsError)
            {
                if (result.Errno != Errno.EINTR)
                {
                    throw new VfioException(result.Errno, "poll", $"cannot watch the interrupts of {name}");
                }

                continue;
            }

            _wake!.TryConsume(out _);
            for (var i = 0; i < count; i++)
            {
                if (files[i + 1].Revents != 0)
                {
                    waiters[i].Complete();
                }
            }

            Array.Clear(waiters, 0, count);
        }
    }

    private bool Collect(ref InterruptWaiter[] waiters, ref PollFd[] files, out int count)
    {
        lock (_lock)
        {
            count = _armed.Count;
            if (_stopping)
            {
                return false;
            }

            if (count > waiters.Length)
            {
                waiters = new InterruptWaiter[count * 2];
                files = new PollFd[(count * 2) + 1];
            }

            _armed.CopyTo(waiters);
            files[0] = Watch(_wake!);
            for (var i = 0; i < count; i++)
            {
                files[i + 1] = Watch(waiters[i].EventFd);
            }

            return true;
        }
    }

    private static PollFd Watch(EventFd eventFd) =>
        new() { Fd = (int)eventFd.DangerousGetHandle(), Events = PollFd.POLLIN };
}
