using System.Collections.Concurrent;
using Viaduct.Linux.Descriptors;
using Viaduct.Memory.Remote;
using Viaduct.Supervisor.Files;

namespace Viaduct.Supervisor.Processes;

/// <summary>A process that runs under us: a thread group with one address space and one table of descriptors.</summary>
internal sealed class SupervisedProcess : IDisposable
{
    private readonly IDeviceMappings _devices;

    // What is known of the descriptors in our range. A descriptor that the process closed itself is asked for each time until
    // we install one there again, since a call that is under way may see it before or after.
    private readonly ConcurrentDictionary<int, OpenFile?> _descriptors = new();
    private readonly HashSet<int> _tasks = [];
    private volatile RemoteMemory _memory;

    public SupervisedProcess(int id, IDeviceMappings devices, bool enforceMemlock)
    {
        Id = id;
        EnforceMemlock = enforceMemlock;
        _devices = devices;
        _memory = NewMemory();
    }

    /// <summary>The process id (thread group).</summary>
    public int Id { get; }

    /// <summary>--memlock=enforce.</summary>
    public bool EnforceMemlock { get; }

    /// <summary>The address space that it has now.</summary>
    public RemoteMemory Memory => _memory;

    /// <summary>The working directory where it is one of ours; null where it is the host's.</summary>
    public string? VirtualDirectory { get; set; }

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
            return _tasks.Count == 0;
        }
    }

    /// <summary>What the descriptor was when we last knew.</summary>
    /// <returns>False where the kernel must be asked.</returns>
    public bool TryGetKnown(int fd, out OpenFile? file)
        => _descriptors.TryGetValue(fd, out file) && file is { IsReleased: false };

    /// <summary>We are about to install a file there.</summary>
    public void SetInstalled(int fd, OpenFile file)
    {
        file.WasClosed = false;
        _descriptors[fd] = file;
    }

    /// <summary>The kernel said that this file is there: worth keeping unless the process closed one there before.</summary>
    public void SetSeen(int fd, OpenFile file) => _descriptors.TryAdd(fd, file);

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

    /// <summary>The process executed another program: a new address space, and close-on-exec descriptors gone.</summary>
    public void OnExec()
    {
        _descriptors.Clear();
        var old = _memory;
        _memory = NewMemory();
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

    private RemoteMemory NewMemory()
    {
        var memory = new RemoteMemory(Id, _devices);
        memory.Locked.Enforced = EnforceMemlock;
        return memory;
    }
}
