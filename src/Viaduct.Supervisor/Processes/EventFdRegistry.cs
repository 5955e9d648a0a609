using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Linux.Descriptors;
using Viaduct.Linux.Processes;

namespace Viaduct.Supervisor.Processes;

/// <summary>
/// Eventfds that we made for clients, where a sandbox (Docker's default profile) forbids to fetch a client's own by pidfd_getfd.
/// A client's descriptor is recognised by the kernel's eventfd-id. Only the server's thread calls.
/// </summary>
internal sealed class EventFdRegistry : IDisposable
{
    private const int FirstSweep = 256;

    private readonly Dictionary<int, SafeFileHandle> _byId = [];
    private int _sweepAt = FirstSweep;

    /// <summary>Whether eventfds must be made here at all.</summary>
    public static bool IsNeeded { get; } = PidFd.GetFile(Environment.ProcessId, Environment.ProcessId, 0, out var probe).Errno == Errno.EPERM
        || Dispose(probe);

    /// <summary>eventfd2(2) on a client's behalf.</summary>
    /// <param name="initial">The counter's first value.</param>
    /// <param name="flags">EFD_*.</param>
    /// <param name="processes">Whose eventfds are still in use.</param>
    /// <param name="handle">Ours, to be installed; it stays ours.</param>
    public SysResult Create(uint initial, int flags, IEnumerable<int> processes, out SafeFileHandle? handle)
    {
        if (_byId.Count >= _sweepAt)
        {
            Sweep(processes);
        }

        var created = EventFdContext.Create(initial, flags, out handle);
        if (!created.IsError
            && DescriptorInfo.GetEventFdId(Environment.ProcessId, (int)handle!.DangerousGetHandle()) is { } id)
        {
            _byId[id] = handle;
        }

        return created;
    }

    /// <summary>A reference to a client's eventfd, if we made it.</summary>
    public SafeFileHandle? Find(int task, int fd)
        => DescriptorInfo.GetEventFdId(task, fd) is { } id && _byId.TryGetValue(id, out var handle)
            && !MemoryFile.Duplicate(handle, out var copy).IsError
            ? copy
            : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var handle in _byId.Values)
        {
            handle.Dispose();
        }
    }

    private static bool Dispose(SafeFileHandle? probe)
    {
        probe?.Dispose();
        return false;
    }

    // A client does not tell when it closes one: look which are still open anywhere.
    private void Sweep(IEnumerable<int> processes)
    {
        var used = processes.SelectMany(DescriptorInfo.GetEventFdIds).ToHashSet();
        foreach (var (id, handle) in _byId.Where(e => !used.Contains(e.Key)).ToList())
        {
            _byId.Remove(id);
            handle.Dispose();
        }

        _sweepAt = Math.Max(FirstSweep, 2 * _byId.Count);
    }
}
