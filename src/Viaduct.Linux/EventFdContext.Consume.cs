using System.Runtime.InteropServices;
using Viaduct.Linux.Processes;

namespace Viaduct.Linux;

/// <content>The other end: taking the count away.</content>
public sealed partial class EventFdContext
{
    private const int RWF_NOWAIT = 0x8;

    private int? _id;

    /// <summary>eventfd_ctx_do_read(): takes the whole count, whether the client's eventfd blocks or not.</summary>
    /// <returns>False where it was zero, or the context is disposed.</returns>
    public unsafe bool TryConsume()
    {
        ulong count;
        var vector = new EventFdVector { Base = &count, Length = sizeof(ulong) };
        var added = false;
        try
        {
            handle.DangerousAddRef(ref added);
            return PReadV2((int)handle.DangerousGetHandle(), &vector, 1, -1, RWF_NOWAIT) == sizeof(ulong);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            if (added)
            {
                handle.DangerousRelease();
            }
        }
    }

    /// <summary>The count is not zero.</summary>
    internal unsafe bool IsSignalled
    {
        get
        {
            var poll = new PollFd { Fd = Descriptor, Events = PollFd.POLLIN };
            return Poll(&poll, 1, 0) == 1 && (poll.Revents & PollFd.POLLIN) != 0;
        }
    }

    /// <summary>The number that the kernel gave the eventfd (Linux 5.2), by which other processes' descriptors of it are
    /// known; null where it gave none. Once asked for, it is known after the context has been disposed too.</summary>
    public int? Id => _id ??= DescriptorInfo.GetEventFdId(Environment.ProcessId, Descriptor);

    /// <summary>The count.</summary>
    internal ulong Count => DescriptorInfo.GetEventFdCount(Environment.ProcessId, Descriptor) ?? 0;

    /// <summary>The descriptor, for a poll that ends before the context is disposed.</summary>
    internal int Descriptor => (int)handle.DangerousGetHandle();

    [LibraryImport("libc", EntryPoint = "preadv2")]
    private static unsafe partial nint PReadV2(int fd, EventFdVector* vectors, int count, long offset, int flags);

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct EventFdVector
    {
        public void* Base;
        public nuint Length;
    }
}
