using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
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
    private readonly Dictionary<int, LockedMemory> _byUser = [];
    private readonly Lock _lock = new();
    private ulong _peakBeyondLimit;

    /// <summary>Processes seen so far.</summary>
    public int Seen => _seen;

    /// <summary>The processes that are alive.</summary>
    public IEnumerable<int> Ids => _byId.Keys;

    /// <summary>The most pages that an address space, or a user, locked beyond its limit; complete when all processes have
    /// ended.</summary>
    public ulong PeakBeyondLimit
    {
        get
        {
            lock (_lock)
            {
                return _byUser.Values.Aggregate(_peakBeyondLimit, static (peak, user) => Math.Max(peak, user.PeakBeyondLimit));
            }
        }
    }

    private int _seen;

    /// <summary>The process that a thread belongs to.</summary>
    /// <param name="task">A thread that cannot have been reaped: it is stopped for us, or waits for our answer.</param>
    public SupervisedProcess Get(int task)
        => _byTask.TryGetValue(task, out var process) ? process : Add(task);

    /// <summary>The process that a thread belongs to, or null where it does not run under us, or never made a call of
    /// ours.</summary>
    public SupervisedProcess? Find(int task)
        => _byTask.TryGetValue(task, out var process) ? process
            : ProcessStatus.GetNumber(task, "Tgid:") is { } id ? _byId.GetValueOrDefault(id)
            : null;

    /// <summary>The process that a thread belongs to, where it has been seen.</summary>
    public bool TryGet(int task, [NotNullWhen(true)] out SupervisedProcess? process)
        => _byTask.TryGetValue(task, out process);

    /// <summary>A thread stops, perhaps for the first time, before it runs. Its parent's word of it can come later, when it has
    /// run or even ended.</summary>
    public void OnStop(int task)
    {
        if (_byTask.ContainsKey(task))
        {
            return;
        }

        var process = Get(task);
        if (process.Id == task && ProcessStatus.GetNumber(task, "PPid:") is { } parent && _byId.TryGetValue(parent, out var from))
        {
            // What else it inherits is found out when it makes its first call.
            process.VirtualDirectory = from.VirtualDirectory;
        }
    }

    /// <summary>A process executed a program; other threads of it are gone, and its id is the group's.</summary>
    public void OnExec(int task)
    {
        var process = Get(task);
        lock (_lock)
        {
            foreach (var gone in process.KeepOnly(task))
            {
                _byTask.TryRemove(gone, out _);
            }
        }

        NotePeak(process);
        process.OnExec();
    }

    /// <summary>A thread ends; with the last one, the process. Nothing where the thread was not known.</summary>
    public void OnExit(int task)
    {
        lock (_lock)
        {
            if (!_byTask.TryRemove(task, out var process) || !process.RemoveTask(task))
            {
                return;
            }

            _byId.TryRemove(process.Id, out _);
            NotePeak(process);
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

    private SupervisedProcess Add(int task)
    {
        var id = ProcessStatus.GetNumber(task, "Tgid:") ?? task;
        lock (_lock)
        {
            if (!_byId.TryGetValue(id, out var process))
            {
                _seen++;
                process = new SupervisedProcess(id, task, devices, enforceMemlock, AccountOf(id));
                _byId[id] = process;
            }

            process.AddTask(task);
            _byTask[task] = process;
            return process;
        }
    }

    // With the lock held.
    private LockedMemory AccountOf(int process)
    {
        var user = ProcessStatus.GetNumber(process, "Uid:") ?? 0;
        if (!_byUser.TryGetValue(user, out var account))
        {
            _byUser.Add(user, account = new LockedMemory { Enforced = enforceMemlock });
        }

        return account;
    }

    private void NotePeak(SupervisedProcess process)
        => _peakBeyondLimit = Math.Max(_peakBeyondLimit, process.Memory.Locked.PeakBeyondLimit);
}
