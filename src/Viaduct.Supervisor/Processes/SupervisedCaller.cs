using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Linux.Descriptors;
using Viaduct.Linux.Processes;
using Viaduct.Memory;
using Viaduct.Memory.Remote;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Syscalls;
using Viaduct.Vfio.Files;

namespace Viaduct.Supervisor.Processes;

/// <summary>The thread whose call is being served. One object serves all calls, one after the other.</summary>
/// <param name="files">All files of ours.</param>
/// <param name="installer">Puts files into the caller's table.</param>
/// <param name="eventFds">Eventfds that we made.</param>
/// <param name="rawIoNeeded">Where CAP_SYS_RAWIO is everybody's: remembers that somebody needed it. Otherwise null.</param>
internal sealed class SupervisedCaller(
    OpenFileTable files, FileInstaller installer, EventFdRegistry eventFds, RunStatistics? rawIoNeeded) : Caller
{
    private const int PageShift = 12;

    private SupervisedProcess? _process;
    private int _task;

    public override ClientMemory Memory => Process.Memory;

    public override ulong MemlockLimitPages
    {
        get
        {
            var limit = ProcessStatus.GetLimit(Process.Id, ProcessStatus.RLIMIT_MEMLOCK);
            return limit == ulong.MaxValue ? limit : limit >> PageShift;
        }
    }

    public override bool RunsGuests
    {
        get => Process.RunsGuests;
        set => Process.RunsGuests = value;
    }

    private SupervisedProcess Process => _process ?? throw new InvalidOperationException("no call is being served");

    /// <summary>A call begins.</summary>
    public void Begin(SupervisedProcess process, int task)
    {
        _process = process;
        _task = task;
    }

    public override LockedMemory UserLocked => Process.UserLocked;

    public override bool IsCapable(Capability capability)
    {
        var isCapable = (ProcessStatus.GetCapabilities(_task) & (1UL << (int)capability)) != 0;
        if (capability != Capability.SysRawIo || rawIoNeeded is null)
        {
            return isCapable;
        }

        rawIoNeeded.RawIoNeeded |= !isCapable;
        return true;
    }

    public override SysResult GetFile(int fd, out VfioFile? file)
    {
        var found = Process.Lookup(_task, fd, files, out var isOpen);
        file = (found as OpenVfioFile)?.File;
        var isBad = !isOpen || (found is null ? IsPathOnly(Process.Id, fd) : found.IsPathOnly);
        return isBad ? Errno.EBADF : SysResult.Success;
    }

    public override SysResult GetEventFd(int fd, out EventFdContext? context)
    {
        context = null;
        if (EventFdRegistry.IsNeeded)
        {
            return GetOwnEventFd(fd, out context);
        }

        if (PidFd.GetFile(Process.Id, _task, fd, out var handle).IsError)
        {
            return Errno.EBADF;
        }

        if (IsPathOnly(handle!))
        {
            handle!.Dispose();
            return Errno.EBADF;
        }

        if (!EventFdContext.IsEventFd(handle!))
        {
            handle!.Dispose();
            return Errno.EINVAL;
        }

        context = new EventFdContext(handle!);
        return SysResult.Success;
    }

    /// <summary>Looks through all processes: only a client that is in the way of its own next eventfd asks. One that is on its way
    /// in a message counts as closed.</summary>
    public override bool IsOpen(EventFdContext context)
        => context.Id is not { } id || DescriptorInfo.IsEventFdOpenElsewhere(id);

    public override SysResult InstallFile(VfioFile file, bool closeOnExec)
    {
        const int O_RDWR = 2;
        return installer.Install(Process, _task, new OpenVfioFile(file, O_RDWR), O_RDWR, closeOnExec, default);
    }

    public override SysResult AddFile(VfioFile file, bool closeOnExec)
    {
        const int O_RDWR = 2;
        return installer.Add(Process, _task, new OpenVfioFile(file, O_RDWR), O_RDWR, closeOnExec);
    }

    public override bool IsTableFull() => FileInstaller.IsFull(Process, _task);

    public override SysResult GetFileMemory(int fd, out FileMemory? file)
    {
        file = null;
        var got = PidFd.GetFile(Process.Id, _task, fd, out var handle);
        if (got.Errno == Errno.EPERM)
        {
            got = MemoryFileOf(fd, out handle);
        }

        if (got.IsError)
        {
            return Errno.EBADF;
        }

        if (IsPathOnly(handle!))
        {
            handle!.Dispose();
            return Errno.EBADF;
        }

        // Ours lie in memory too, but stand for what does not.
        file = new SharedFile(handle!, isMemory: Process.Lookup(_task, fd, files, out _) is null);
        return SysResult.Success;
    }

    // Where pidfd_getfd is forbidden: the same file, opened anew.
    private SysResult MemoryFileOf(int fd, out SafeFileHandle? handle)
    {
        const int O_RDONLY = 0, O_RDWR = 2;
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{_task}/fd/{fd}");
        var opened = MemoryFile.Open(path, O_RDWR, out handle);
        return opened.IsError ? MemoryFile.Open(path, O_RDONLY, out handle) : opened;
    }

    private SysResult GetOwnEventFd(int fd, out EventFdContext? context)
    {
        var handle = eventFds.Find(_task, fd);
        context = handle is null ? null : new EventFdContext(handle);
        return handle is not null ? SysResult.Success
            : DescriptorInfo.GetFlags(_task, fd) is null ? Errno.EBADF
            : Errno.EINVAL;
    }

    private static bool IsPathOnly(SafeFileHandle handle) => IsPathOnly(Environment.ProcessId, (int)handle.DangerousGetHandle());

    private static bool IsPathOnly(int process, int fd)
    {
        const int O_PATH = 0x200000;
        return DescriptorInfo.GetFlags(process, fd) is { } flags && (flags & O_PATH) != 0;
    }
}
