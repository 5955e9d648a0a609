using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Linux.Descriptors;
using Viaduct.Memory;
using Viaduct.Memory.Remote;
using Viaduct.Vfio.Containers;
using Viaduct.Vfio.Iommufd;

namespace Viaduct.Supervisor.Files;

/// <summary>
/// Every file that clients have open, by identity. Releases happen as their last reference goes: before the next call is
/// served (<see cref="ReleaseClosed"/>), or by <see cref="ReleaseForever"/>'s thread when no call comes.
/// </summary>
/// <param name="statistics">Counts what its clients left behind.</param>
/// <param name="report">Receives a line for a person to read.</param>
internal sealed class OpenFileTable(RunStatistics statistics, Action<string> report) : IDeviceMappings, IDisposable
{
    // What /proc/PID/maps shows for mapped BARs.
    private const string MemoryFileName = "viaduct";

    private readonly CloseWatcher _watcher = new();
    private readonly Lock _lock = new();

    // Held from finding a closed file to the end of its release, so that whoever asks for releases never goes on while
    // another thread is in the middle of one. Taken before _lock and before the core's locks; a release takes no call.
    private readonly Lock _releasing = new();

    private readonly Dictionary<FileIdentity, OpenFile> _byIdentity = [];
    private readonly Dictionary<int, OpenFile> _byWatch = [];
    private readonly Queue<int> _lost = [];

    /// <summary>Makes a description for a client to own.</summary>
    /// <param name="file">What it stands for; registered here until it is closed.</param>
    /// <param name="flags">Access mode and status flags of open(2).</param>
    /// <param name="content">What can be read from it natively.</param>
    /// <param name="handle">Ours until it has been installed; disposing it then leaves the client's reference.</param>
    public SysResult Create(OpenFile file, int flags, ReadOnlySpan<byte> content, out SafeFileHandle? handle)
    {
        if (file is OpenAttribute { IsWritable: true, IsReadable: false })
        {
            return CreatePipe(file, out handle);
        }

        if (file is OpenVfioFile { File.Memory: { } shared })
        {
            return CreateShared(file, flags, shared, out handle);
        }

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

            // A descriptor whose calls we do not see must not give the file memory: its pages would no longer trap.
            var reopened = file is OpenAttribute ? MemoryFile.SealContent(memory!) : MemoryFile.SealSize(memory!);
            if (!reopened.IsError)
            {
                reopened = MemoryFile.Reopen(memory!, flags, out handle);
            }

            if (reopened.IsError)
            {
                return reopened;
            }
        }

        // Only now, so that closing our own first description is not taken for the client's.
        var registered = Register(file, handle!);
        if (registered.IsError)
        {
            handle!.Dispose();
        }

        return registered;
    }

    /// <summary>A description of memory that is there already, whose size nobody can change.</summary>
    private SysResult CreateShared(OpenFile file, int flags, FileDescriptorHandle memory, out SafeFileHandle? handle)
    {
        using var path = new SafeFileHandle(memory.DangerousGetHandle(), ownsHandle: false);
        var result = MemoryFile.Reopen(path, flags, out handle);
        if (!result.IsError)
        {
            result = Register(file, handle!);
            if (result.IsError)
            {
                handle!.Dispose();
            }
        }

        return result;
    }

    private SysResult CreatePipe(OpenFile file, out SafeFileHandle? handle)
    {
        var created = BrokenPipe.Create(out handle);
        if (created.IsError)
        {
            return created;
        }

        var registered = Register(file, handle!);
        if (registered.IsError)
        {
            handle!.Dispose();
        }

        return registered;
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

    /// <summary>Releases what has lost its last reference, and waits for releases that are under way. Cheap where there are
    /// none.</summary>
    public void ReleaseClosed()
    {
        lock (_releasing)
        {
            while (TryTakeClosed(out var file))
            {
                if (file is not null)
                {
                    Release(file);
                }
            }
        }
    }

    /// <summary>Releases whatever is still here; for the end of a run.</summary>
    public void ReleaseAll()
    {
        lock (_releasing)
        {
            OpenFile[] rest;
            lock (_lock)
            {
                rest = [.. _byIdentity.Values];
                _byIdentity.Clear();
                _byWatch.Clear();
            }

            foreach (var file in rest)
            {
                Release(file);
            }
        }
    }

    /// <summary>Releases what is closed while no call comes; for a thread of its own, until the watcher is disposed.</summary>
    public void ReleaseForever()
    {
        while (_watcher.Wait())
        {
            ReleaseClosed();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _watcher.Dispose();

    // False where no event is left; no file where the event is of one that is known to be closed.
    private bool TryTakeClosed(out OpenFile? file)
    {
        lock (_lock)
        {
            file = null;
            if (_lost.TryDequeue(out var watch) || _watcher.TryNext(out watch))
            {
                if (watch == CloseWatcher.EventsLost)
                {
                    FindLost();
                }
                else if (_byWatch.TryGetValue(watch, out file))
                {
                    Forget(file);
                }

                return true;
            }

            return false;
        }
    }

    // The kernel drops a watch with the file, so what has none any more was closed.
    private void FindLost()
    {
        var watched = _watcher.Watched();
        foreach (var watch in _byWatch.Keys)
        {
            if (!watched.Contains(watch))
            {
                _lost.Enqueue(watch);
            }
        }
    }

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
            _byIdentity[identity] = file;
            _byWatch[file.Watch] = file;
            return SysResult.Success;
        }
    }

    private void Release(OpenFile file)
    {
        if (file is OpenVfioFile vfio && !file.IsReleased)
        {
            statistics.FilesLeftOpen += file.WasClosed ? 0 : 1;
            statistics.MappingsLeft += vfio.File switch
            {
                ContainerFile container => container.Container.MappingCount,
                IommufdFile iommufd => iommufd.Context.MappingCount,
                _ => 0,
            };
        }

        try
        {
            file.Release();
        }
#pragma warning disable CA1031 // the door's last line: our bug must not end the service of every other program
        catch (Exception bug)
#pragma warning restore CA1031
        {
            report($"viaduct: internal error in the release of {file.LinkName}. Please report this.\n{bug}");
        }
    }

    private void Forget(OpenFile file)
    {
        _byIdentity.Remove(file.Identity);
        _byWatch.Remove(file.Watch);
    }
}
