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
    private readonly Dictionary<ulong, Entry> _entries = [];
    private readonly Dictionary<int, Entry> _byEventFd = [];
    private EpollSet? _set;
    private ulong _lastId;

    private EventFdWatcher()
    {
    }

    /// <summary>The process's own.</summary>
    public static EventFdWatcher Shared { get; } = new();

    /// <summary>Calls back for each write to an eventfd, whose count it takes; writes that come close together may be one. Where
    /// it has a count already the call comes at once, from here, and that count stays.</summary>
    /// <param name="context">The eventfd; owned from here on, and perhaps disposed at once.</param>
    /// <param name="signalled">Called on the watcher's thread, which it must not hold up. It may still be under way
    /// when the watch has been disposed.</param>
    /// <param name="watch">Dispose it to end the watch.</param>
    /// <returns>Zero; EMFILE, ENOSPC or ENOMEM where this process or user may watch no more.</returns>
    public SysResult Add(EventFdContext context, Action signalled, out IDisposable? watch)
    {
        bool isSignalled;
        lock (_lock)
        {
            watch = null;
            isSignalled = context.IsSignalled;
            var result = Find(context, out var entry);
            if (result.IsError)
            {
                context.Dispose();
                return result;
            }

            var fresh = new Watch(this, entry!, signalled);
            entry!.Watches = [.. entry.Watches, fresh];
            watch = fresh;
        }

        if (isSignalled)
        {
            signalled();
        }

        return SysResult.Success;
    }

    /// <summary>All watches of one eventfd share one place in the set, since the first to take the count takes it from all.</summary>
    private SysResult Find(EventFdContext context, out Entry? entry)
    {
        if (context.Id is { } known && _byEventFd.TryGetValue(known, out entry))
        {
            context.Dispose();
            return SysResult.Success;
        }

        entry = null;
        var result = Start();
        var fresh = new Entry(++_lastId, context) { CountBefore = context.Count };
        if (result.IsError || (result = _set!.Add(context.Descriptor, fresh.Id)).IsError)
        {
            return result;
        }

        _entries.Add(fresh.Id, entry = fresh);
        if (context.Id is { } id)
        {
            _byEventFd.Add(id, entry);
        }

        return SysResult.Success;
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
            var entry = watch.Entry;
            entry.Watches = Array.FindAll(entry.Watches, w => w != watch);
            if (entry.Watches.Length != 0 || !_entries.Remove(entry.Id))
            {
                return;
            }

            // The set refers to the client's open file, which our closing does not end.
            _set!.Remove(entry.Context.Descriptor);
            if (entry.Context.Id is { } id)
            {
                _byEventFd.Remove(id);
            }

            entry.Context.Dispose();
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
                foreach (var watch in Take(ids[i]))
                {
                    watch.Signalled();
                }
            }
        }
    }

    /// <summary>Takes the count, unless all watches have ended: then it is the client's. The first event of an eventfd that had a count
    /// is for that count, unless it has grown.</summary>
    private Watch[] Take(ulong id)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(id, out var entry))
            {
                return [];
            }

            var before = entry.CountBefore;
            entry.CountBefore = 0;
            return (before != 0 && entry.Context.Count <= before) || !entry.Context.TryConsume() ? [] : entry.Watches;
        }
    }

    private sealed class Entry(ulong id, EventFdContext context)
    {
        public ulong Id { get; } = id;

        public EventFdContext Context { get; } = context;

        /// <summary>The count as the entry was made, until the set has told of it.</summary>
        public ulong CountBefore { get; set; }

        /// <summary>Replaced as a whole, so that the thread can go through it without the lock.</summary>
        public Watch[] Watches { get; set; } = [];
    }

    private sealed class Watch(EventFdWatcher watcher, Entry entry, Action signalled) : IDisposable
    {
        public Entry Entry { get; } = entry;

        public Action Signalled { get; } = signalled;

        public void Dispose() => watcher.Remove(this);
    }
}
