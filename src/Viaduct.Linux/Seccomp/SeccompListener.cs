using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;

namespace Viaduct.Linux.Seccomp;

/// <summary>
/// The supervisor's end of seccomp user notification, seccomp_unotify(2). One thread receives; any thread may answer.
/// </summary>
public sealed partial class SeccompListener : IDisposable
{
    private const int PR_SET_NO_NEW_PRIVS = 38;
    private const uint SECCOMP_SET_MODE_FILTER = 1;
    private const uint SECCOMP_GET_NOTIF_SIZES = 3;
    private const uint SECCOMP_FILTER_FLAG_NEW_LISTENER = 1 << 3;
    private const uint SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 1 << 5;
    private const uint SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1;
    private const uint SECCOMP_ADDFD_FLAG_SETFD = 1;
    private const uint SECCOMP_ADDFD_FLAG_SEND = 2;
    private const ulong SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP = 1;
    private const uint SECCOMP_IOCTL_NOTIF_RECV = 0xC0502100;
    private const uint SECCOMP_IOCTL_NOTIF_SEND = 0xC0182101;
    private const uint SECCOMP_IOCTL_NOTIF_ID_VALID = 0x40082102;
    private const uint SECCOMP_IOCTL_NOTIF_ADDFD = 0x40182103;
    private const uint SECCOMP_IOCTL_NOTIF_SET_FLAGS = 0x40082104;

    private static readonly SockFilter[] s_allowEverything = [new SockFilter(0x06, 0, 0, 0x7fff0000)];

    private readonly SafeFileHandle _handle;
    private readonly int _fd;

    /// <summary>Takes what <see cref="Install"/> returned.</summary>
    public SeccompListener(int fd)
    {
        _fd = fd;
        _handle = new SafeFileHandle(fd, ownsHandle: true);
    }

    /// <summary>
    /// Installs a filter on the calling thread, and on all that it will start. It cannot be taken away again, so the
    /// thread should do nothing else afterwards. Sets no_new_privs, which is all the privilege that it takes.
    /// </summary>
    /// <returns>The listener's descriptor; or why not: EACCES, EINVAL (a kernel before 5.19, or no program), EBUSY (there is a
    /// listener above us).</returns>
    public static unsafe SysResult Install(ReadOnlySpan<SockFilter> program)
    {
        var result = Libc.Result(PrCtl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
        if (result.IsError)
        {
            return result;
        }

        fixed (SockFilter* filter = program)
        {
            var header = new FilterProgram { Length = (ushort)program.Length, Filter = filter };
            return Libc.Result(SeccompCall(
                LinuxCall.Seccomp,
                SECCOMP_SET_MODE_FILTER,
                SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
                &header));
        }
    }

    /// <summary>A program that lets every call through, to try whether a filter can be had.</summary>
    public static ReadOnlySpan<SockFilter> AllowEverything => s_allowEverything;

    /// <summary>Whether this kernel's notification structures are the ones that we know.</summary>
    public static unsafe SysResult CheckSizes()
    {
        var sizes = default(NotificationSizes);
        var result = Libc.Result(SeccompCall(LinuxCall.Seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes));
        return result.IsError ? result
            : sizes.Notification != sizeof(SeccompNotification) || sizes.Response != sizeof(Response) ? Errno.EOPNOTSUPP
            : SysResult.Success;
    }

    /// <summary>
    /// Wakes the other side on our own CPU, where it costs a few microseconds and not tens. Linux 6.6 and later.
    /// </summary>
    public unsafe SysResult SetSyncWakeUp()
        => Libc.Result(IoctlValue(_fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP));

    /// <summary>Waits for a call.</summary>
    /// <returns>Zero; EINTR; ENOENT (the caller was killed meanwhile): both mean try again; anything else is final.</returns>
    public unsafe SysResult Receive(out SeccompNotification notification)
    {
        fixed (SeccompNotification* pointer = &notification)
        {
            *pointer = default;
            return Libc.Result(Ioctl(_fd, SECCOMP_IOCTL_NOTIF_RECV, pointer));
        }
    }

    /// <summary>Waits until a call is there to be received, or every supervised task has gone.</summary>
    /// <returns>True where <see cref="Receive"/> will find one.</returns>
    public unsafe bool Wait()
    {
        while (true)
        {
            var poll = new PollFd { Fd = _fd, Events = PollFd.POLLIN };
            if (Poll(&poll, 1, -1) > 0)
            {
                return (poll.Revents & PollFd.POLLIN) != 0;
            }
        }
    }

    /// <summary>Answers a call with a value or an errno.</summary>
    /// <returns>Zero, or ENOENT where the caller has gone.</returns>
    public unsafe SysResult Send(ulong id, SysResult answer)
    {
        var response = new Response
        {
            Id = id,
            Value = answer.IsError ? 0 : answer.Raw,
            Error = answer.IsError ? (int)answer.Raw : 0,
        };
        return Libc.Result(Ioctl(_fd, SECCOMP_IOCTL_NOTIF_SEND, &response));
    }

    /// <summary>The same, from a thread that does not know whether this has been disposed.</summary>
    public SysResult SendLater(ulong id, SysResult answer)
    {
        var added = false;
        try
        {
            _handle.DangerousAddRef(ref added);
            return Send(id, answer);
        }
        catch (ObjectDisposedException)
        {
            return Errno.ENOENT;
        }
        finally
        {
            if (added)
            {
                _handle.DangerousRelease();
            }
        }
    }

    /// <summary>Lets the kernel execute the call as it stands.</summary>
    public unsafe SysResult Continue(ulong id)
    {
        var response = new Response { Id = id, Flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
        return Libc.Result(Ioctl(_fd, SECCOMP_IOCTL_NOTIF_SEND, &response));
    }

    /// <summary>Whether the caller is still waiting: what was read from its memory before belongs to it.</summary>
    public unsafe bool IsValid(ulong id) => Ioctl(_fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;

    /// <summary>Puts one of our descriptors into the caller's table.</summary>
    /// <param name="id">The call.</param>
    /// <param name="fd">Ours; the caller's refers to the same open file.</param>
    /// <param name="number">The wanted number, or a negative one for the lowest that is free.</param>
    /// <param name="closeOnExec">O_CLOEXEC of the new descriptor.</param>
    /// <param name="answers">The number is the call's answer, and the call is over.</param>
    /// <returns>The number; EMFILE; EBADF (<paramref name="number"/> is beyond RLIMIT_NOFILE); ENOENT (the caller has gone).</returns>
    public unsafe SysResult AddFile(ulong id, int fd, int number, bool closeOnExec, bool answers)
    {
        const uint O_CLOEXEC = 0x80000;
        var request = new AddFileRequest
        {
            Id = id,
            Flags = (answers ? SECCOMP_ADDFD_FLAG_SEND : 0) | (number >= 0 ? SECCOMP_ADDFD_FLAG_SETFD : 0),
            Source = (uint)fd,
            Number = number >= 0 ? (uint)number : 0,
            NewFlags = closeOnExec ? O_CLOEXEC : 0,
        };
        return Libc.Result(Ioctl(_fd, SECCOMP_IOCTL_NOTIF_ADDFD, &request));
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int PrCtl(int option, ulong arg2, ulong arg3, ulong arg4, ulong arg5);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial long SeccompCall(long number, uint operation, uint flags, void* argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static unsafe partial int Ioctl(int fd, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int IoctlValue(int fd, nuint request, ulong argument);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static unsafe partial int Poll(PollFd* fds, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct FilterProgram
    {
        public ushort Length;
        public SockFilter* Filter;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct NotificationSizes
    {
        public ushort Notification;
        public ushort Response;
        public ushort Data;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Response
    {
        public ulong Id;
        public long Value;
        public int Error;
        public uint Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AddFileRequest
    {
        public ulong Id;
        public uint Flags;
        public uint Source;
        public uint Number;
        public uint NewFlags;
    }
}
