using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux.Descriptors;

namespace Viaduct.Linux.Processes;

/// <summary>pidfd_open(2) and pidfd_getfd(2).</summary>
public static partial class PidFd
{
    private const long PIDFD_THREAD = 0x80; // O_EXCL; Linux 6.9

    /// <summary>A second reference to an open file of another process.</summary>
    /// <param name="process">The process id.</param>
    /// <param name="task">The thread whose table is meant. Where the kernel cannot open threads it is the first thread's.</param>
    /// <param name="fd">The number there.</param>
    /// <param name="handle">The reference, close-on-exec.</param>
    /// <returns>Zero; EBADF; ESRCH; EPERM.</returns>
    public static SysResult GetFile(int process, int task, int fd, out SafeFileHandle? handle)
    {
        handle = null;
        SysResult opened = Errno.EINVAL;
        if (task != process)
        {
            opened = Libc.Result(SystemCall2(LinuxCall.PidFdOpen, task, PIDFD_THREAD));
        }

        if (opened.Errno == Errno.EINVAL)
        {
            opened = Libc.Result(SystemCall2(LinuxCall.PidFdOpen, process, 0));
        }

        if (opened.IsError)
        {
            return opened;
        }

        using var pidfd = new SafeFileHandle((nint)opened.Raw, ownsHandle: true);
        var got = Libc.Result(SystemCall3(LinuxCall.PidFdGetFd, opened.Raw, fd, 0));
        if (!got.IsError)
        {
            handle = new SafeFileHandle((nint)got.Raw, ownsHandle: true);
        }

        return got.IsError ? got : SysResult.Success;
    }

    /// <summary>Opens a file that another process has open, whatever its number there: a description of our own, for writing if it
    /// may be.</summary>
    /// <param name="process">A process id.</param>
    /// <param name="identity">Which file.</param>
    /// <param name="handle">The file; null where the process has none open.</param>
    public static bool TryFindFile(int process, FileIdentity identity, out FileDescriptorHandle? handle)
    {
        handle = null;
        try
        {
            foreach (var path in Directory.EnumerateFileSystemEntries(
                string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/fd")))
            {
                if (!FileIdentity.Get(path, out var found).IsError && found == identity
                    && (!FileCalls.Open(path, OpenFlags.O_RDWR, out handle).IsError
                        || !FileCalls.Open(path, OpenFlags.O_RDONLY, out handle).IsError))
                {
                    return true;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // the process has gone
        }

        return false;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall2(long number, long a, long b);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall3(long number, long a, long b, long c);
}
