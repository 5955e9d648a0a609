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
    private const uint RWF_HIPRI = 1;

    /// <summary>read(2), write(2).</summary>
    public Outcome Sequential(in Call call, bool write)
    {
        if (Find(call) is not { } open)
        {
            return Outcome.Host;
        }

        var allowed = CheckMode(open, write);
        if (allowed.IsError)
        {
            return allowed;
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

        if ((long)call.Arg3 < 0)
        {
            return Errno.EINVAL;
        }

        if (!open.File.HasPositions)
        {
            return Errno.ESPIPE;
        }

        var allowed = CheckMode(open, write);
        return allowed.IsError ? allowed : Transfer(open.File, call.Arg1, call.Arg2, call.Arg3, write);
    }

    /// <summary>readv(2), writev(2), preadv(2), pwritev(2): one transfer a segment, until one is short.</summary>
    /// <param name="call">The call.</param>
    /// <param name="write">To the device.</param>
    /// <param name="position">The file position; null for the file's own.</param>
    /// <param name="flags">RWF_* of preadv2(2) and pwritev2(2).</param>
    public Outcome Vector(in Call call, bool write, ulong? position, uint flags = 0)
    {
        if (Find(call) is not { } open)
        {
            return Outcome.Host;
        }

        if ((long?)position < 0)
        {
            return Errno.EINVAL;
        }

        if (position is not null && !open.File.HasPositions)
        {
            return Errno.ESPIPE;
        }

        var imported = Import(call, out var segments);
        if (imported.IsError)
        {
            return imported;
        }

        var allowed = CheckMode(open, write);
        if (allowed.IsError)
        {
            return allowed;
        }

        if (imported.Raw != 0 && (flags & ~RWF_HIPRI) != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        var at = position ?? open.Position;
        var result = Move(open.File, segments, ref at, write);
        open.Position = position is null ? at : open.Position;
        return result;
    }

    /// <summary>import_iovec(): every segment is checked before the first one moves.</summary>
    /// <returns>The bytes of all of them, or an errno.</returns>
    private static SysResult Import(in Call call, out IoSegment[] segments)
    {
        segments = [];
        if (call.Arg2 > MaxVectors)
        {
            return Errno.EINVAL;
        }

        segments = new IoSegment[(int)call.Arg2];
        for (var i = 0; i < segments.Length; i++)
        {
            if (!call.Memory.TryRead(call.Arg1 + ((ulong)i * IoSegment.Size), out segments[i]))
            {
                return Errno.EFAULT;
            }

            if ((long)segments[i].Length < 0)
            {
                return Errno.EINVAL;
            }
        }

        var total = 0UL;
        foreach (ref var segment in segments.AsSpan())
        {
            // A single segment is cut before it is checked (import_ubuf), one of several after.
            var left = Math.Min(segment.Length, MaxCount - total);
            if (!IsAccessible(segment.Base, segments.Length == 1 ? left : segment.Length))
            {
                return Errno.EFAULT;
            }

            segment.Length = left;
            total += left;
        }

        return SysResult.FromValue((long)total);
    }

    /// <summary>do_loop_readv_writev().</summary>
    private SysResult Move(VfioFile file, ReadOnlySpan<IoSegment> segments, ref ulong position, bool write)
    {
        var total = 0L;
        foreach (ref readonly var segment in segments)
        {
            var result = Transfer(file, segment.Base, segment.Length, position, write);
            if (result.IsError)
            {
                return total > 0 ? SysResult.FromValue(total) : result;
            }

            total += result.Raw;
            position += (ulong)result.Raw;
            if ((ulong)result.Raw < segment.Length)
            {
                break;
            }
        }

        return SysResult.FromValue(total);
    }

    private SysResult Transfer(VfioFile file, ulong buffer, ulong count, ulong position, bool write)
    {
        if (!IsAccessible(buffer, count))
        {
            return Errno.EFAULT;
        }

        count = Math.Min(count, MaxCount);
        return write ? file.Write(caller, buffer, count, position) : file.Read(caller, buffer, count, position);
    }

    // access_ok()
    private static bool IsAccessible(ulong buffer, ulong count) => count <= UserSpaceEnd && buffer <= UserSpaceEnd - count;

    /// <summary>The access mode is looked at first (FMODE_READ, then FMODE_CAN_READ). Containers and groups have no such operation,
    /// whatever the arguments.</summary>
    private static SysResult CheckMode(OpenVfioFile open, bool write)
        => !(write ? open.IsWritable : open.IsReadable) ? Errno.EBADF
            : open.File.HasTransfers ? SysResult.Success
            : Errno.EINVAL;

    private OpenVfioFile? Find(in Call call)
        => call.Process.Lookup(call.Task, call.Descriptor, files, out _) as OpenVfioFile;
}
