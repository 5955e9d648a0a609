using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Viaduct.Linux;

/// <summary>
/// One thread that waits for clients' eventfds and takes their counts, as the kernel's virqfd does from the eventfd's
/// wait queue. The thread starts with the first watch and ends with the process.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The only instance lives as long as the process.")]
public sealed partial class EventFdWatcher
{
    private const int EFD_CLOEXEC = 0x80000;

    private readonly Lock _lock = new();
    private readonly List<Watch> _watches = [];
    private readonly List<Watch> _ended = [];
    private EventFdContext? _changed;

    private EventFdWatcher()
    {
    }

    /// <summary>The process's own.</summary>
    public static EventFdWatcher Shared { get; } = new();

    /// <summary>Calls back each time that an eventfd has a count, and takes the count. Where it has one already the
    /// call comes at once.</summary>
    /// <param name="context">The eventfd; the watch owns it from here on.</param>
    /// <param name="signalled">Called on the watcher's thread, which it must not hold up. It may still be under way
    /// when the watch has been disposed.</param>
    /// <returns>Dispose it to end the watch.</returns>
    public IDisposable Add(EventFdContext context, Action signalled)
    {
        var watch = new Watch(this, context, signalled);
        lock (_lock)
        {
            if (_changed is null)
            {
                _changed = new EventFdContext(new SafeFileHandle(CreateEventFd(0, EFD_CLOEXEC), ownsHandle: true));
                new Thread(Run) { IsBackground = true, Name = "eventfd watcher" }.Start();
            }

            _watches.Add(watch);
            _changed.Signal();
        }

        return watch;
    }

    private void Remove(Watch watch)
    {
        lock (_lock)
        {
            if (_watches.Remove(watch))
            {
                // The thread may be polling the descriptor: it closes it when it has stopped.
                _ended.Add(watch);
                _changed!.Signal();
            }
        }
    }

    private void Run()
    {
        while (true)
        {
            Watch[] watches;
            lock (_lock)
            {
                foreach (var watch in _ended)
                {
                    watch.Context.Dispose();
                }

                _ended.Clear();
                watches = [.. _watches];
            }

            var polls = new PollFd[watches.Length + 1];
            polls[0] = new PollFd { Fd = _changed!.Descriptor, Events = PollFd.POLLIN };
            for (var i = 0; i < watches.Length; i++)
            {
                polls[i + 1] = new PollFd { Fd = watches[i].Context.Descriptor, Events = PollFd.POLLIN };
            }

            Serve(watches, polls);
        }
    }

    /// <summary>Until the set of watches changes.</summary>
    private unsafe void Serve(Watch[] watches, PollFd[] polls)
    {
        while (true)
        {
            fixed (PollFd* pointer = polls)
            {
                _ = Poll(pointer, (nuint)polls.Length, -1);
            }

            for (var i = 0; i < watches.Length; i++)
            {
                if (polls[i + 1].Revents != 0 && TryTake(watches[i]))
                {
                    watches[i].Signalled();
                }
            }

            if (polls[0].Revents != 0 && _changed!.TryConsume())
            {
                return;
            }
        }
    }

    /// <summary>Takes the count, unless the watch has ended: then it is the client's.</summary>
    private bool TryTake(Watch watch)
    {
        lock (_lock)
        {
            return !_ended.Contains(watch) && watch.Context.TryConsume();
        }
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static unsafe partial int Poll(PollFd* fds, nuint count, int timeout);

    [LibraryImport("libc", EntryPoint = "eventfd")]
    private static partial int CreateEventFd(uint initial, int flags);

    private sealed class Watch(EventFdWatcher watcher, EventFdContext context, Action signalled) : IDisposable
    {
        public EventFdContext Context { get; } = context;

        public Action Signalled { get; } = signalled;

        public void Dispose() => watcher.Remove(this);
    }
}
