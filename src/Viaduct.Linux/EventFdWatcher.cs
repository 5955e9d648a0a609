using System.Diagnostics.CodeAnalysis;
using Viaduct.Abi;

namespace Viaduct.Linux;

/// <summary>
/// One thread that waits for clients' eventfds and takes their counts, as the kernel's virqfd does from the eventfd's
/// wait queue: once for each write, and not what was there before. The thread starts with the first watch and ends with the
/// process.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The only instance lives as long as the process.")]
public sealed class EventFdWatcher
{
    private const int EventsATurn = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, Watch> _watches = [];
    private EpollSet? _set;
    private ulong _lastId;

    private EventFdWatcher()
    {
    }

    /// <summary>The process's own.</summary>
    public static EventFdWatcher Shared { get; } = new();

    /// <summary>Calls back for each write to an eventfd, whose count it takes; writes that come close together may be one. Where
    /// it has a count already the call comes at once, and that count stays.</summary>
    /// <param name="context">The eventfd; the watch owns it from here on.</param>
    /// <param name="signalled">Called on the watcher's thread, which it must not hold up. It may still be under way
    /// when the watch has been disposed.</param>
    /// <param name="watch">Dispose it to end the watch.</param>
    /// <returns>Zero; EMFILE, ENOSPC or ENOMEM where this process or user may watch no more, and the context is disposed.</returns>
    public SysResult Add(EventFdContext context, Action signalled, out IDisposable? watch)
    {
        lock (_lock)
        {
            watch = null;
            var result = Start();
            var fresh = new Watch(this, ++_lastId, context, signalled) { WasSignalled = context.IsSignalled };
            if (result.IsError || (result = _set!.Add(context.Descriptor, fresh.Id)).IsError)
            {
                context.Dispose();
                return result;
            }

            _watches.Add(fresh.Id, fresh);
            watch = fresh;
            return SysResult.Success;
        }
    }

    private SysResult Start()
    {
        if (_set is not null)
        {
            return SysResult.Success;
        }

        var created = EpollSet.Create(out _set);
        if (!created.IsError)
        {
            new Thread(Run) { IsBackground = true, Name = "eventfd watcher" }.Start();
        }

        return created;
    }

    private void Remove(Watch watch)
    {
        lock (_lock)
        {
            // The set refers to the client's open file, which our closing does not end.
            if (_watches.Remove(watch.Id))
            {
                _set!.Remove(watch.Context.Descriptor);
                watch.Context.Dispose();
            }
        }
    }

    private void Run()
    {
        var ids = new ulong[EventsATurn];
        while (true)
        {
            var count = _set!.Wait(ids);
            for (var i = 0; i < count; i++)
            {
                Take(ids[i])?.Signalled();
            }
        }
    }

    /// <summary>Takes the count, unless the watch has ended: then it is the client's.</summary>
    private Watch? Take(ulong id)
    {
        lock (_lock)
        {
            if (!_watches.TryGetValue(id, out var watch))
            {
                return null;
            }

            if (watch.WasSignalled)
            {
                watch.WasSignalled = false;
                return watch;
            }

            return watch.Context.TryConsume() ? watch : null;
        }
    }

    private sealed class Watch(EventFdWatcher watcher, ulong id, EventFdContext context, Action signalled) : IDisposable
    {
        public ulong Id { get; } = id;

        public EventFdContext Context { get; } = context;

        public Action Signalled { get; } = signalled;

        /// <summary>The first event is for what was there as the watch began.</summary>
        public bool WasSignalled { get; set; }

        public void Dispose() => watcher.Remove(this);
    }
}
