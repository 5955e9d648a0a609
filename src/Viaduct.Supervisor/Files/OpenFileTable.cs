using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux.Descriptors;
using Viaduct.Memory;
using Viaduct.Memory.Remote;

namespace Viaduct.Supervisor.Files;

/// <summary>
/// Every file that clients have open, by identity. Releases happen as their last reference goes: before the next call is
/// served (<see cref="ReleaseClosed"/>), or by <see cref="Wait"/>'s thread when no call comes.
/// </summary>
internal sealed class OpenFileTable : IDeviceMappings, IDisposable
{
    // What /proc/PID/maps shows for mapped BARs.
    private const string MemoryFileName = "viaduct";

    private readonly CloseWatcher _watcher = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<FileIdentity, OpenFile> _byIdentity = [];
    private readonly Dictionary<int, OpenFile> _byWatch = [];

    /// <summary>Files open now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _byIdentity.Count;
            }
        }
    }

    /// <summary>The device of the kernel's internal memory file system, once a file has been made.</summary>
    public ulong? Device { get; private set; }

    /// <summary>Makes a description for a client to own.</summary>
    /// <param name="file">What it stands for; registered here until it is closed.</param>
    /// <param name="flags">Access mode and status flags of open(2).</param>
    /// <param name="content">What can be read from it natively.</param>
    /// <param name="handle">Ours until it has been installed; disposing it then leaves the client's reference.</param>
    public SysResult Create(OpenFile file, int flags, ReadOnlySpan<byte> content, out SafeFileHandle? handle)
    {
        handle = null;
        var created = MemoryFile.Create(MemoryFileName, out var memory);
        if (created.IsError)
        {
            return created;
        }

        using (memory)
        {
            if (!content.IsEmpty)
            {
                RandomAccess.Write(memory!, content, 0);
            }

            var reopened = MemoryFile.Reopen(memory!, flags, out handle);
            if (reopened.IsError)
            {
                return reopened;
            }
        }

        // Only now, so that closing our own first description is not taken for the client's.
        return Register(file, handle!);
    }

    /// <summary>The file of that identity, if it is ours.</summary>
    public OpenFile? Find(FileIdentity identity)
    {
        lock (_lock)
        {
            return _byIdentity.GetValueOrDefault(identity);
        }
    }

    /// <inheritdoc/>
    public bool TryFind(FileIdentity file, out MemorySource? target)
    {
        var open = Find(file);
        target = (open as OpenVfioFile)?.File.DmaTarget;
        return open is OpenVfioFile;
    }

    /// <summary>Forgets a file that no client got.</summary>
    public void Abandon(OpenFile file)
    {
        lock (_lock)
        {
            _watcher.Unwatch(file.Watch);
            Forget(file);
        }
    }

    /// <summary>Releases what has lost its last reference. Cheap where nothing has.</summary>
    public void ReleaseClosed()
    {
        while (true)
        {
            OpenFile? file;
            lock (_lock)
            {
                if (!_watcher.TryNext(out var watch))
                {
                    return;
                }

                if (!_byWatch.TryGetValue(watch, out file))
                {
                    continue;
                }

                Forget(file);
            }

            file.Release();
        }
    }

    /// <summary>Waits until something may have been closed, or <paramref name="wakeUp"/> can be read.</summary>
    public void Wait(SafeFileHandle wakeUp) => _watcher.Wait(wakeUp);

    /// <inheritdoc/>
    public void Dispose() => _watcher.Dispose();

    private SysResult Register(OpenFile file, SafeFileHandle handle)
    {
        var status = FileIdentity.Get(MemoryFile.PathOf(handle), out var identity);
        if (status.IsError)
        {
            return status;
        }

        lock (_lock)
        {
            var watch = _watcher.Watch(handle);
            if (watch.IsError)
            {
                return watch;
            }

            file.Identity = identity;
            file.Watch = (int)watch.Raw;
            Device = identity.Device;
            _byIdentity[identity] = file;
            _byWatch[file.Watch] = file;
            return SysResult.Success;
        }
    }

    private void Forget(OpenFile file)
    {
        _byIdentity.Remove(file.Identity);
        _byWatch.Remove(file.Watch);
    }
}
