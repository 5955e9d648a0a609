using System.Collections.Concurrent;
using Viaduct.Linux.Descriptors;
using Viaduct.Memory;
using Viaduct.Memory.Remote;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Filter;

namespace Viaduct.Supervisor.Processes;

/// <summary>A process that runs under us: a thread group with one address space and one table of descriptors.</summary>
internal sealed class SupervisedProcess : IDisposable
{
    private readonly IDeviceMappings _devices;

    // What is known of the descriptors in our range. A descriptor that the process closed itself is asked for each time until
    // we install one there again, since a call that is under way may see it before or after.
    private readonly ConcurrentDictionary<int, OpenFile?> _descriptors = new();
    private readonly HashSet<int> _tasks = [];
    private int _lowestFree = SupervisorFilter.FirstDescriptor;
    private volatile RemoteMemory _memory;

    public SupervisedProcess(int id, int task, IDeviceMappings devices, bool enforceMemlock, LockedMemory userLocked)
    {
        UserLocked = userLocked;
        Id = id;
        EnforceMemlock = enforceMemlock;
        _devices = devices;
        _memory = NewMemory(task);
    }

    /// <summary>The process id (thread group).</summary>
    public int Id { get; }

    /// <summary>What its user has locked, in all processes; of the user that it had when it was first seen.</summary>
    public LockedMemory UserLocked { get; }

    /// <summary>--memlock=enforce.</summary>
    public bool EnforceMemlock { get; }

    /// <summary><see cref="Vfio.Files.Caller.RunsGuests"/>, since it last executed a program.</summary>
    public bool RunsGuests { get; set; }

    /// <summary>The address space that it has now.</summary>
    public RemoteMemory Memory => _memory;

    /// <summary>The working directory where it is one of ours; null where it is the host's.</summary>
    public string? VirtualDirectory { get; set; }

    /// <summary>Where to look for a free descriptor of our range first; those below were in use.</summary>
    public int LowestFree => Volatile.Read(ref _lowestFree);

    /// <summary>Those from <paramref name="from"/> on were in use, up to the one that was found free. Without effect where one
    /// was closed meanwhile.</summary>
    public void SetLowestFree(int from, int found) => Interlocked.CompareExchange(ref _lowestFree, found, from);

    /// <summary>A thread of it was seen.</summary>
    public void AddTask(int task)
    {
        lock (_tasks)
        {
            _tasks.Add(task);
        }
    }

    /// <summary>A thread of it ends.</summary>
    /// <returns>True where it was the last that we know of.</returns>
    public bool RemoveTask(int task)
    {
        lock (_tasks)
        {
            _tasks.Remove(task);
            ReachMemoryBy(task);
            return _tasks.Count == 0;
        }
    }

    /// <summary>One thread executed a program, under the id of the first one: the others are gone, and some without a word.</summary>
    /// <returns>The ids that mean nothing any more.</returns>
    public int[] KeepOnly(int task)
    {
        lock (_tasks)
        {
            _tasks.Remove(task);
            int[] gone = [.. _tasks];
            _tasks.Clear();
            _tasks.Add(task);
            return gone;
        }
    }

    /// <summary>What the descriptor was when we last knew.</summary>
    /// <returns>False where the kernel must be asked.</returns>
    public bool TryGetKnown(int fd, out OpenFile? file)
    {
        // The filter does not show us what closes a descriptor below our range.
        file = null;
        return fd >= SupervisorFilter.FirstDescriptor
            && _descriptors.TryGetValue(fd, out file) && file is { IsReleased: false };
    }

    /// <summary>We are about to install a file there.</summary>
    public void SetInstalled(int fd, OpenFile file)
    {
        file.WasClosed = false;
        if (IsWatched(fd))
        {
            _descriptors[fd] = file;
        }
    }

    /// <summary>The kernel said that this file is there: worth keeping unless the process closed one there before.</summary>
    public void SetSeen(int fd, OpenFile file)
    {
        if (IsWatched(fd))
        {
            _descriptors.TryAdd(fd, file);
        }
    }

    /// <summary>Nothing was installed there after all: the kernel is asked each time.</summary>
    public void SetUnknown(int fd) => _descriptors[fd] = null;

    /// <summary>The process is about to close the descriptor or to put another file there.</summary>
    public void SetClosed(int fd)
    {
        if (_descriptors.TryGetValue(fd, out var file) && file is not null)
        {
            file.WasClosed = true;
        }

        _descriptors[fd] = null;
        OnFree(fd);
    }

    /// <summary>The process is about to close a range of them.</summary>
    public void SetClosed(uint first, uint last)
    {
        foreach (var fd in _descriptors.Keys)
        {
            if ((uint)fd >= first && (uint)fd <= last)
            {
                SetClosed(fd);
            }
        }
    }

    private void OnFree(int fd)
    {
        for (var seen = LowestFree; fd >= SupervisorFilter.FirstDescriptor && fd < seen; seen = LowestFree)
        {
            Interlocked.CompareExchange(ref _lowestFree, fd, seen);
        }
    }

    /// <summary>The process executed another program: a new address space, and close-on-exec descriptors gone.</summary>
    public void OnExec()
    {
        _descriptors.Clear();
        RunsGuests = false;
        Volatile.Write(ref _lowestFree, SupervisorFilter.FirstDescriptor);
        var old = _memory;
        _memory = NewMemory(Id);
        old.Dispose();
    }

    /// <summary>What a descriptor refers to, whoever put it there.</summary>
    /// <param name="task">The thread that used it: threads may have tables of their own.</param>
    /// <param name="fd">The descriptor.</param>
    /// <param name="files">All files of ours.</param>
    /// <param name="isOpen">False where nothing is open there.</param>
    public OpenFile? Lookup(int task, int fd, OpenFileTable files, out bool isOpen)
    {
        isOpen = true;
        if (TryGetKnown(fd, out var known))
        {
            return known;
        }

        isOpen = !FileIdentity.Get($"/proc/{task}/fd/{fd}", out var identity).IsError;
        var file = isOpen ? files.Find(identity) : null;
        if (file is not null)
        {
            SetSeen(fd, file);
        }

        return file;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    // What closes or replaces a lower one does not come to us (SupervisorFilter), so those are never taken as known.
    private static bool IsWatched(int fd) => fd >= SupervisorFilter.FirstDescriptor;

    // With the lock on _tasks held.
    private void ReachMemoryBy(int gone)
    {
        if (_memory.Task == gone && _tasks.Count > 0)
        {
            _memory.Task = _tasks.First();
        }
    }

    private RemoteMemory NewMemory(int task)
    {
        var memory = new RemoteMemory(Id, task, _devices);
        memory.Locked.Enforced = EnforceMemlock;
        return memory;
    }
}
