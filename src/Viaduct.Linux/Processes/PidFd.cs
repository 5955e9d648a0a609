using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;

namespace Viaduct.Linux.Processes;

/// <summary>pidfd_open(2) and pidfd_getfd(2).</summary>
public static partial class PidFd
{
    /// <summary>A second reference to an open file of another process.</summary>
    /// <param name="process">A process id, not a thread's.</param>
    /// <param name="fd">The number there.</param>
    /// <param name="handle">The reference, close-on-exec.</param>
    /// <returns>Zero; EBADF; ESRCH; EPERM.</returns>
    public static SysResult GetFile(int process, int fd, out SafeFileHandle? handle)
    {
        handle = null;
        var opened = Libc.Result(SystemCall2(LinuxCall.PidFdOpen, process, 0));
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

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall2(long number, long a, long b);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall3(long number, long a, long b, long c);
}
