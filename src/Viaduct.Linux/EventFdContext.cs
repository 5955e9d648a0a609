using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux.Descriptors;

namespace Viaduct.Linux;

/// <summary>
/// A reference to somebody's eventfd (the kernel's struct eventfd_ctx), good until it is disposed whatever its owner
/// closes. As in the kernel a full counter stays full; the client's eventfd may be a blocking one, so it is asked first.
/// </summary>
/// <param name="handle">An eventfd of this process; owned from here on.</param>
public sealed partial class EventFdContext(SafeFileHandle handle) : IDisposable
{
    /// <summary>eventfd2(2).</summary>
    /// <param name="initial">The counter's first value.</param>
    /// <param name="flags">EFD_*.</param>
    /// <param name="handle">The new eventfd.</param>
    public static SysResult Create(uint initial, int flags, out SafeFileHandle? handle)
    {
        var result = Libc.Result(EventFdCall(initial, flags));
        handle = result.IsError ? null : new SafeFileHandle((nint)result.Raw, ownsHandle: true);
        return result.IsError ? result : SysResult.Success;
    }

    /// <summary>Whether a descriptor of this process is an eventfd.</summary>
    public static bool IsEventFd(SafeFileHandle handle)
        => SymbolicLink.Read(MemoryFile.PathOf(handle), out var target).IsError is false
            && target == "anon_inode:[eventfd]";

    /// <summary>eventfd_signal(): adds one to the counter.</summary>
    public unsafe void Signal()
    {
        var one = 1UL;
        var added = false;
        try
        {
            handle.DangerousAddRef(ref added);
            var fd = (int)handle.DangerousGetHandle();
            var poll = new PollFd { Fd = fd, Events = PollFd.POLLOUT };
            if (Poll(&poll, 1, 0) == 1)
            {
                _ = Write(fd, &one, sizeof(ulong));
            }
        }
        catch (ObjectDisposedException)
        {
            // The client took the eventfd away while a device raised its interrupt: nobody is left to hear it.
        }
        finally
        {
            if (added)
            {
                handle.DangerousRelease();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFdCall(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static unsafe partial int Poll(PollFd* fds, nuint count, int timeout);

    [LibraryImport("libc", EntryPoint = "write")]
    private static unsafe partial nint Write(int fd, void* buffer, nuint count);
}
