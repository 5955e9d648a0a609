using System.Runtime.InteropServices;
using Viaduct.Abi;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Processes;
using Viaduct.Vfio.Files;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>read, write, pread64, pwrite64 and their vectors, as vfs_read() and do_loop_readv_writev() do them.</summary>
internal sealed class TransferCalls(SupervisedCaller caller, OpenFileTable files)
{
    private const ulong MaxCount = 0x7ffff000; // MAX_RW_COUNT
    private const ulong MaxVectors = 1024;     // UIO_MAXIOV
    private const ulong UserSpaceEnd = 1UL << 47;

    /// <summary>read(2), write(2).</summary>
    public Outcome Sequential(in Call call, bool write)
    {
        if (Find(call) is not { } open)
        {
            return Outcome.Host;
        }

        var result = Transfer(open.File, call.Arg1, call.Arg2, open.Position, write);
        open.Position += result.IsError ? 0 : (ulong)result.Raw;
        return result;
    }

    /// <summary>pread64(2), pwrite64(2).</summary>
    public Outcome Positioned(in Call call, bool write)
    {
        if (Find(call) is not { } open)
        {
            return Outcome.Host;
        }

        return (long)call.Arg3 < 0 ? Errno.EINVAL : Transfer(open.File, call.Arg1, call.Arg2, call.Arg3, write);
    }

    /// <summary>readv(2), writev(2), preadv(2), pwritev(2): one transfer a segment, until one is short.</summary>
    /// <param name="call">The call.</param>
    /// <param name="write">To the device.</param>
    /// <param name="position">The file position; null for the file's own.</param>
    public Outcome Vector(in Call call, bool write, ulong? position)
    {
        if (Find(call) is not { } open)
        {
            return Outcome.Host;
        }

        if ((long?)position < 0 || call.Arg2 > MaxVectors)
        {
            return Errno.EINVAL;
        }

        var segments = new Segment[(int)call.Arg2];
        for (var i = 0; i < segments.Length; i++)
        {
            if (!call.Memory.TryRead(call.Arg1 + ((ulong)i * Segment.Size), out segments[i]))
            {
                return Errno.EFAULT;
            }
        }

        if (!open.File.HasTransfers)
        {
            return Errno.EINVAL;
        }

        var at = position ?? open.Position;
        var total = 0L;
        SysResult result = default;
        foreach (var segment in segments)
        {
            result = Transfer(open.File, segment.Base, segment.Length, at, write);
            if (result.IsError)
            {
                break;
            }

            total += result.Raw;
            at += (ulong)result.Raw;
            if ((ulong)result.Raw < segment.Length)
            {
                break;
            }
        }

        if (position is null)
        {
            open.Position = at;
        }

        return total > 0 ? SysResult.FromValue(total) : result;
    }

    private SysResult Transfer(VfioFile file, ulong buffer, ulong count, ulong position, bool write)
    {
        if (!file.HasTransfers)
        {
            return Errno.EINVAL; // containers and groups have no such operation, whatever the arguments
        }

        if (count > UserSpaceEnd || buffer > UserSpaceEnd - count)
        {
            return Errno.EFAULT; // access_ok()
        }

        count = Math.Min(count, MaxCount);
        return write ? file.Write(caller, buffer, count, position) : file.Read(caller, buffer, count, position);
    }

    private OpenVfioFile? Find(in Call call)
        => call.Process.Lookup(call.Task, call.Descriptor, files, out _) as OpenVfioFile;

    // struct iovec
    [StructLayout(LayoutKind.Sequential)]
    private struct Segment
    {
        public const ulong Size = 16;
        public ulong Base;
        public ulong Length;
    }
}
