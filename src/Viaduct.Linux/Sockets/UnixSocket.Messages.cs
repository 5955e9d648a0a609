using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;

namespace Viaduct.Linux.Sockets;

/// <content>Bytes, with descriptors beside them (SCM_RIGHTS).</content>
public sealed partial class UnixSocket
{
    /// <summary>The most descriptors that the kernel lets one message carry: SCM_MAX_FD.</summary>
    public const int MostDescriptors = 253;

    private const int MSG_NOSIGNAL = 0x4000;
    private const int MSG_CMSG_CLOEXEC = 0x40000000;
    private const int SCM_RIGHTS = 1;

    // struct cmsghdr: a size_t and two ints.
    private static readonly int s_controlHeader = nint.Size + (2 * sizeof(int));

    /// <summary>Waits for bytes.</summary>
    /// <param name="buffer">Receives them; not empty.</param>
    /// <param name="descriptors">Those that came beside the bytes are added: owned by the caller, close-on-exec. The kernel ends a call
    /// behind bytes that had some, so that they belong to the last bytes that this returns.</param>
    /// <returns>How many bytes; zero where the other side has closed; ECONNRESET.</returns>
    public unsafe SysResult Receive(Span<byte> buffer, List<SafeFileHandle> descriptors)
    {
        var room = s_controlHeader + (MostDescriptors * sizeof(int));
        var control = stackalloc byte[room];
        fixed (byte* bytes = buffer)
        {
            var vector = new IoVector { Base = bytes, Length = (nuint)buffer.Length };
            var message = new MessageHeader { Vectors = &vector, VectorCount = 1 };
            SysResult result;
            do
            {
                message.Control = control;
                message.ControlLength = (nuint)room;
                result = Libc.Result(ReceiveMessage(this, &message, MSG_CMSG_CLOEXEC));
            }
            while (result.Errno == Errno.EINTR);
            if (!result.IsError && message.ControlLength != 0)
            {
                TakeDescriptors(new ReadOnlySpan<byte>(control, (int)message.ControlLength), descriptors);
            }

            return result;
        }
    }

    /// <summary>Sends all of the bytes; waits while the other side does not take them.</summary>
    /// <param name="bytes">What to send; not empty.</param>
    /// <returns>Zero, EPIPE or ECONNRESET.</returns>
    public unsafe SysResult Send(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* pointer = bytes)
        {
            for (var done = 0; done < bytes.Length;)
            {
                var result = Libc.Result(Send(this, pointer + done, (nuint)(bytes.Length - done), MSG_NOSIGNAL));
                if (!result.IsError)
                {
                    done += (int)result.Raw;
                }
                else if (result.Errno != Errno.EINTR)
                {
                    return result;
                }
            }

            return SysResult.Success;
        }
    }

    /// <summary>Sends all of the bytes, and descriptors beside the first of them.</summary>
    /// <param name="bytes">What to send; not empty.</param>
    /// <param name="descriptors">At most <see cref="MostDescriptors"/>; they stay the caller's.</param>
    /// <returns>Zero, EPIPE or ECONNRESET; EBADF where one is closed.</returns>
    public unsafe SysResult Send(ReadOnlySpan<byte> bytes, ReadOnlySpan<SafeHandle> descriptors)
    {
        if (descriptors.IsEmpty)
        {
            return Send(bytes);
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, MostDescriptors);
        var length = s_controlHeader + (descriptors.Length * sizeof(int));
        var control = stackalloc byte[length + nint.Size];
        *(nuint*)control = (nuint)length;
        var ints = (int*)(control + nint.Size);
        (ints[0], ints[1]) = (SOL_SOCKET, SCM_RIGHTS);
        for (var i = 0; i < descriptors.Length; i++)
        {
            ints[2 + i] = (int)descriptors[i].DangerousGetHandle();
        }

        SysResult result;
        fixed (byte* pointer = bytes)
        {
            var vector = new IoVector { Base = pointer, Length = (nuint)bytes.Length };
            var message = new MessageHeader
            {
                Vectors = &vector,
                VectorCount = 1,
                Control = control,
                ControlLength = (nuint)length,
            };
            do
            {
                result = Libc.Result(SendMessage(this, &message, MSG_NOSIGNAL));
            }
            while (result.Errno == Errno.EINTR);
        }

        foreach (var descriptor in descriptors)
        {
            GC.KeepAlive(descriptor);
        }

        return result.IsError || (int)result.Raw == bytes.Length ? Sent(result) : Send(bytes[(int)result.Raw..]);
    }

    /// <summary>Waits until there are bytes to receive, or the other side has closed.</summary>
    /// <param name="milliseconds">How long; below zero for ever.</param>
    /// <returns>False when the time is over.</returns>
    public bool WaitReadable(int milliseconds)
    {
        Span<PollFd> files = [new PollFd { Fd = (int)handle, Events = PollFd.POLLIN }];
        return FileCalls.Poll(files, milliseconds).Raw != 0;
    }

    private static SysResult Sent(SysResult result) => result.IsError ? result : SysResult.Success;

    private static unsafe void TakeDescriptors(ReadOnlySpan<byte> control, List<SafeFileHandle> descriptors)
    {
        fixed (byte* start = control)
        {
            for (var at = 0; at + s_controlHeader <= control.Length;)
            {
                var length = (int)Math.Min(*(nuint*)(start + at), (nuint)(control.Length - at));
                var ints = (int*)(start + at + nint.Size);
                if (length < s_controlHeader)
                {
                    return;
                }

                for (var i = 0; ints[0] == SOL_SOCKET && ints[1] == SCM_RIGHTS && i < (length - s_controlHeader) / sizeof(int); i++)
                {
                    descriptors.Add(new SafeFileHandle(ints[2 + i], ownsHandle: true));
                }

                at += (length + nint.Size - 1) & ~(nint.Size - 1);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static unsafe partial nint ReceiveMessage(UnixSocket socket, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static unsafe partial nint SendMessage(UnixSocket socket, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static unsafe partial nint Send(UnixSocket socket, byte* bytes, nuint length, int flags);
}
