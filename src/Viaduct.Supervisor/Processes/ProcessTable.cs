using System.Collections.Concurrent;
using Viaduct.Linux.Processes;
using Viaduct.Memory;
using Viaduct.Memory.Remote;

namespace Viaduct.Supervisor.Processes;

/// <summary>The processes under us, by any of their threads. The tracer adds and removes, the server looks up.</summary>
/// <param name="devices">Finds mapped BARs.</param>
/// <param name="enforceMemlock">--memlock=enforce.</param>
internal sealed class ProcessTable(IDeviceMappings devices, bool enforceMemlock) : IDisposable
{
    private readonly ConcurrentDictionary<int, SupervisedProcess> _byTask = new();
    private readonly ConcurrentDictionary<int, SupervisedProcess> _byId = new();
    private ulong _retiredPeak;

    /// <summary>Processes seen so far.</summary>
    public int Seen => _seen;

    /// <summary>The processes that are alive.</summary>
    public IEnumerable<int> Ids => _byId.Keys;

    /// <summary>The most pages that a caller wanted to lock beyond its limit; 0 where all were within theirs.</summary>
    public ulong PeakBeyondLimit
    {
        get
        {
            var live = _byId.Values.Select(p => p.Memory.Locked.PeakBeyondLimit).DefaultIfEmpty().Max();
            return Math.Max(live, Volatile.Read(ref _retiredPeak));
        }
    }

    private int _seen;

    /// <summary>The process that a thread belongs to.</summary>
    public SupervisedProcess Get(int task)
        => _byTask.TryGetValue(task, out var process) ? process : Add(task);

    /// <summary>The process that a thread belongs to, or null where it does not run under us, or never made a call of
    /// ours.</summary>
    public SupervisedProcess? Find(int task)
        => _byTask.TryGetValue(task, out var process) ? process
            : ProcessStatus.GetNumber(task, "Tgid:") is { } id ? _byId.GetValueOrDefault(id)
            : null;

    /// <summary>A thread or process came into being by clone, fork or vfork.</summary>
    public void OnCreated(int parent, int task)
    {
        var from = Get(parent);
        var process = Get(task);
        if (process != from)
        {
            // What else it inherits is found out when it makes its first call.
            process.VirtualDirectory = from.VirtualDirectory;
        }
    }

    /// <summary>A process executed a program; other threads of it are gone, and its id is the group's.</summary>
    public void OnExec(int task)
    {
        var process = Get(task);
        Retire(process.Memory.Locked);
        process.OnExec();
    }

    /// <summary>A thread ends; with the last one, the process.</summary>
    public void OnExit(int task)
    {
        if (_byTask.TryRemove(task, out var process) && process.RemoveTask(task))
        {
            _byId.TryRemove(process.Id, out _);
            Retire(process.Memory.Locked);
            process.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var process in _byId.Values)
        {
            process.Dispose();
        }
    }

    // Only the tracer's thread retires.
    private void Retire(LockedMemory locked)
        => Volatile.Write(ref _retiredPeak, Math.Max(_retiredPeak, locked.PeakBeyondLimit));

    private SupervisedProcess Add(int task)
    {
        var id = ProcessStatus.GetNumber(task, "Tgid:") ?? task;
        var process = _byId.GetOrAdd(id, static (id, self) => self.Create(id), this);
        process.AddTask(task);
        _byTask[task] = process;
        return process;
    }

    private SupervisedProcess Create(int id)
    {
        Interlocked.Increment(ref _seen);
        return new SupervisedProcess(id, devices, enforceMemlock);
    }
}
