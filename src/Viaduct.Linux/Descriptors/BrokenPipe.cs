using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;

namespace Viaduct.Linux.Descriptors;

/// <summary>The writing end of a pipe that nobody reads, pipe(2): a file that cannot be read, and to which every write is EPIPE with a
/// SIGPIPE.</summary>
public static partial class BrokenPipe
{
    private const int O_CLOEXEC = 0x80000;

    /// <summary>Makes one.</summary>
    /// <param name="handle">Close-on-exec.</param>
    public static unsafe SysResult Create(out SafeFileHandle? handle)
    {
        var ends = stackalloc int[2];
        var result = Libc.Result(Pipe2(ends, O_CLOEXEC));
        if (result.IsError)
        {
            handle = null;
            return result;
        }

        new SafeFileHandle(ends[0], ownsHandle: true).Dispose();
        handle = new SafeFileHandle(ends[1], ownsHandle: true);
        return SysResult.Success;
    }

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    private static unsafe partial int Pipe2(int* ends, int flags);
}
