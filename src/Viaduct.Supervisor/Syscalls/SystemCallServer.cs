using System.Diagnostics.CodeAnalysis;
using Viaduct.Abi;
using Viaduct.Linux.Descriptors;
using Viaduct.Linux.Seccomp;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Processes;
using Viaduct.Supervisor.Tracing;
using Viaduct.Supervisor.Vfs;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>
/// Serves the calls that the filter sends, one after the other, on a thread of its own. Each is answered exactly once: by a
/// value, by an installed descriptor, or by the kernel.
/// </summary>
internal sealed class SystemCallServer
{
    private const int AT_FDCWD = FileStatus.AT_FDCWD;

    private readonly SeccompListener _listener;
    private readonly OpenFileTable _files;
    private readonly ProcessTable _processes;
    private readonly FirstExec _firstExec;
    private readonly CpuSharing _cpus;
    private readonly Action<string> _report;
    private readonly EventFdRegistry _eventFds;
    private readonly FileInstaller _installer;
    private readonly SupervisedCaller _caller;
    private readonly PathCalls _paths;
    private readonly OpenCalls _opens;
    private readonly DescriptorCalls _descriptors;
    private readonly TransferCalls _transfers;
    private readonly AttributeCalls _attributes;
    private readonly IoctlCalls _ioctls;
    private readonly MmapCall _mmap;

    public SystemCallServer(
        SeccompListener listener,
        OpenFileTable files,
        ProcessTable processes,
        VirtualFileSystem fileSystem,
        RunStatistics statistics,
        FirstExec firstExec,
        CpuSharing cpus,
        EventFdRegistry eventFds,
        SupervisedRunOptions options)
    {
        _listener = listener;
        _files = files;
        _processes = processes;
        _firstExec = firstExec;
        _cpus = cpus;
        _eventFds = eventFds;
        _report = options.Report;
        _installer = new FileInstaller(listener, files);
        _caller = new SupervisedCaller(
            files, _installer, eventFds, options.PhysicalMemory is not null && !options.EnforceCapabilities ? statistics : null);
        var resolver = new PathResolver(fileSystem, files);
        _paths = new PathCalls(resolver, files);
        var pagemaps = new PagemapOpener(processes, options.PhysicalMemory, options.EnforceCapabilities);
        _opens = new OpenCalls(resolver, _paths, _installer, files, processes, _caller, pagemaps);
        _descriptors = new DescriptorCalls(_paths, _installer, files);
        _transfers = new TransferCalls(_caller, files);
        _attributes = new AttributeCalls(listener, files, options.Report);
        _ioctls = new IoctlCalls(_caller, files, statistics, options.HostIoctls);
        _mmap = new MmapCall(files, statistics);
    }

    /// <summary>Serves until nobody is left to call.</summary>
    public void Run()
    {
        while (true)
        {
            var received = _listener.Receive(out var notification);
            if (!received.IsError)
            {
                Serve(notification);
            }
            else if (received.Errno is not (Errno.EINTR or Errno.ENOENT))
            {
                return;
            }
        }
    }

    private void Serve(in SeccompNotification notification)
    {
        Outcome outcome;
        _installer.Begin(notification.Id);
        _attributes.Begin(notification.Id);
        try
        {
            if (!TryGetProcess(notification, out var process))
            {
                return;
            }

            _caller.Begin(process, notification.ThreadId);
            var call = new Call(in notification.Data, process, notification.ThreadId);
            outcome = Dispatch(call);
            if (outcome.IsHost)
            {
                outcome = ServeOthers(call);
            }
        }
#pragma warning disable CA1031 // the door's last line: our bug must not end the service of every other program
        catch (Exception bug)
#pragma warning restore CA1031
        {
            _report($"viaduct: internal error in system call {notification.Data.Number} of thread {notification.ThreadId}, "
                + $"answered EIO. Please report this.\n{bug}");
            outcome = Errno.EIO;
        }

        if (!_installer.HasAnswered && !outcome.IsPending)
        {
            // ENOENT: the caller was killed meanwhile, and nobody waits for the answer.
            _ = outcome.IsHost ? _listener.Continue(notification.Id) : _listener.Send(notification.Id, outcome.Result);
        }
    }

    // What no handler took: attributes and directories are memory files to the kernel.
    private Outcome ServeOthers(in Call call)
    {
        var outcome = _attributes.Serve(call);
        return outcome.IsHost ? _descriptors.Refuse(call) : outcome;
    }

    // A thread that is not known yet may have been killed since it called, and its end may have been heard of already: then
    // nobody would forget it again, and its number may be somebody else's one day. While its call waits it is alive.
    private bool TryGetProcess(in SeccompNotification notification, [NotNullWhen(true)] out SupervisedProcess? process)
    {
        if (_processes.TryGet(notification.ThreadId, out process))
        {
            return true;
        }

        process = _processes.Get(notification.ThreadId);
        if (_listener.IsValid(notification.Id))
        {
            return true;
        }

        _processes.OnExit(notification.ThreadId);
        return false;
    }

    private Outcome Dispatch(in Call call) => call.Number switch
    {
        SystemCall.Ioctl => _ioctls.Ioctl(call),
        SystemCall.PRead64 => _transfers.Positioned(call, write: false),
        SystemCall.PWrite64 => _transfers.Positioned(call, write: true),
        SystemCall.Read => _transfers.Sequential(call, write: false),
        SystemCall.Write => _transfers.Sequential(call, write: true),
        SystemCall.ReadV => _transfers.Vector(call, write: false, position: null),
        SystemCall.WriteV => _transfers.Vector(call, write: true, position: null),
        SystemCall.PReadV or SystemCall.PReadV2 => PositionedVector(call, write: false),
        SystemCall.PWriteV or SystemCall.PWriteV2 => PositionedVector(call, write: true),
        SystemCall.Mmap => _mmap.Mmap(call),
        SystemCall.Execve or SystemCall.ExecveAt => Execute(call),
        _ => DispatchOther(call),
    };

    // What a path shows may depend on who closed what before: /dev/vfio/N is busy, sysfs says enabled.
    private Outcome DispatchOther(in Call call)
    {
        _files.ReleaseClosed();
        return DispatchOpen(call);
    }

    private Outcome DispatchOpen(in Call call) => call.Number switch
    {
        SystemCall.Open => _opens.Open(call, AT_FDCWD, call.Arg0, (int)call.Arg1),
        SystemCall.OpenAt => _opens.Open(call, (int)call.Arg0, call.Arg1, (int)call.Arg2),
        SystemCall.OpenAt2 => _opens.Open2(call),
        _ => DispatchPath(call),
    };

    private Outcome DispatchPath(in Call call) => call.Number switch
    {
        SystemCall.Stat => _paths.Stat(call, AT_FDCWD, call.Arg0, call.Arg1, 0),
        SystemCall.LStat => _paths.Stat(call, AT_FDCWD, call.Arg0, call.Arg1, FileStatus.AT_SYMLINK_NOFOLLOW),
        SystemCall.NewFStatAt => _paths.Stat(call, (int)call.Arg0, call.Arg1, call.Arg2, (int)call.Arg3),
        SystemCall.StatX => _paths.StatX(call),
        SystemCall.Access => _paths.Access(call, AT_FDCWD, call.Arg0, (int)call.Arg1, 0),
        SystemCall.FAccessAt => _paths.Access(call, (int)call.Arg0, call.Arg1, (int)call.Arg2, 0),
        SystemCall.FAccessAt2 => _paths.Access(call, (int)call.Arg0, call.Arg1, (int)call.Arg2, (int)call.Arg3),
        SystemCall.ReadLink => _paths.ReadLink(call, AT_FDCWD, call.Arg0, call.Arg1, (int)call.Arg2),
        SystemCall.ReadLinkAt => _paths.ReadLink(call, (int)call.Arg0, call.Arg1, call.Arg2, (int)call.Arg3),
        SystemCall.ChDir => _paths.ChangeDirectory(call),
        SystemCall.FChDir => _paths.ChangeDirectoryByDescriptor(call),
        SystemCall.GetCwd => PathCalls.GetWorkingDirectory(call),
        SystemCall.StatFs => _paths.StatFileSystem(call),
        SystemCall.GetXAttr or SystemCall.LGetXAttr => _paths.ExtendedAttributes(call, list: false),
        SystemCall.ListXAttr or SystemCall.LListXAttr => _paths.ExtendedAttributes(call, list: true),
        _ => DispatchDescriptor(call),
    };

    private Outcome DispatchDescriptor(in Call call) => call.Number switch
    {
        SystemCall.FStat => _descriptors.Stat(call),
        SystemCall.LSeek => _descriptors.Seek(call),
        SystemCall.GetDents => _descriptors.GetEntries(call, wide: false),
        SystemCall.GetDents64 => _descriptors.GetEntries(call, wide: true),
        SystemCall.Dup => _descriptors.Duplicate(call),
        SystemCall.Fcntl => _descriptors.Control(call),
        SystemCall.FTruncate or SystemCall.FSync or SystemCall.FDataSync => _descriptors.Unsupported(call, Errno.EINVAL),
        SystemCall.EventFd => MakeEventFd(call, flags: 0),
        SystemCall.EventFd2 => MakeEventFd(call, (int)call.Arg1),
        SystemCall.SchedGetAffinity or SystemCall.SchedSetAffinity => Affinity(call),
        SystemCall.FAllocate => _descriptors.Unsupported(call, Errno.ENODEV),
        _ => Outcome.Host,
    };

    // On 64-bit the position comes whole in one register; -1 asks preadv2 for the file's own.
    private Outcome PositionedVector(in Call call, bool write)
    {
        var isSecond = call.Number is SystemCall.PReadV2 or SystemCall.PWriteV2;
        var position = isSecond && call.Arg3 == ulong.MaxValue ? null : (ulong?)call.Arg3;
        return _transfers.Vector(call, write, position, isSecond ? (uint)call.Arg5 : 0);
    }

    private Outcome MakeEventFd(in Call call, int flags)
    {
        const int EFD_CLOEXEC = 0x80000;
        var created = _eventFds.Create((uint)call.Arg0, flags, _processes.Ids, out var handle);
        return created.IsError
            ? created
            : _installer.Install(
                call.Process, call.Task, (int)handle!.DangerousGetHandle(), (flags & EFD_CLOEXEC) != 0, number: -1);
    }

    // The affinity that we lent the thread is not its own.
    private Outcome Affinity(in Call call)
    {
        _cpus.Restore(call.Arg0 == 0 ? call.Task : (int)call.Arg0);
        return Outcome.Host;
    }

    // The first program must be traced before it runs, or its children might escape.
    private Outcome Execute(in Call call)
    {
        _firstExec.Arrived(call.Task);
        return Outcome.Host;
    }
}
