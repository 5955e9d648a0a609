using Viaduct.Abi;
using Viaduct.Linux.Processes;
using Viaduct.Linux.Seccomp;
using Viaduct.Memory;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Tracing;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>
/// Transfers of attributes that are open for writing, as kernfs does them (fs/kernfs/file.c, fs/sysfs/file.c). A store that
/// has to wait is answered when it is done: other calls are served meanwhile.
/// </summary>
internal sealed class AttributeCalls(SeccompListener listener, OpenFileTable files, Action<string> report)
{
    private const int PageSize = 4096;
    private const ulong MaxVectors = 1024; // UIO_MAXIOV
    private const int SEEK_SET = 0, SEEK_CUR = 1, SEEK_END = 2;

    private ulong _call;

    /// <summary>A call begins.</summary>
    public void Begin(ulong call) => _call = call;

    /// <summary>read(2), write(2) and their kin, and lseek(2).</summary>
    /// <returns>The host where the descriptor is no such attribute.</returns>
    public Outcome Serve(in Call call)
    {
        if (Kind(call.Number) is not { } kind || Find(call) is not { } file)
        {
            return Outcome.Host;
        }

        if (call.Number == SystemCall.LSeek)
        {
            return Seek(call, file);
        }

        var position = IsPositioned(call) ? call.Arg3 : file.Position;
        if ((long)position < 0)
        {
            return Errno.EINVAL;
        }

        if (kind == Direction.Write)
        {
            return Write(call, file, position);
        }

        return file.IsReadable ? Read(call, file, position) : Errno.EBADF;
    }

    private enum Direction
    {
        Neither,
        Read,
        Write,
    }

    private static Direction? Kind(int number) => number switch
    {
        SystemCall.Write or SystemCall.WriteV or SystemCall.PWrite64 or SystemCall.PWriteV or SystemCall.PWriteV2 => Direction.Write,
        SystemCall.Read or SystemCall.ReadV or SystemCall.PRead64 or SystemCall.PReadV or SystemCall.PReadV2 => Direction.Read,
        SystemCall.LSeek => Direction.Neither,
        _ => null,
    };

    private static bool IsPositioned(in Call call) => call.Number switch
    {
        SystemCall.PRead64 or SystemCall.PWrite64 or SystemCall.PReadV or SystemCall.PWriteV => true,
        SystemCall.PReadV2 or SystemCall.PWriteV2 => call.Arg3 != ulong.MaxValue,
        _ => false,
    };

    private static bool IsVector(int number) => number is SystemCall.ReadV or SystemCall.WriteV or SystemCall.PReadV
        or SystemCall.PWriteV or SystemCall.PReadV2 or SystemCall.PWriteV2;

    // A write by a descriptor that the filter does not know comes with a mark on its number.
    private OpenAttribute? Find(in Call call)
        => call.Process.Lookup(call.Task, call.Descriptor & ~LowWrites.Mark, files, out _) is OpenAttribute { IsWritable: true } file
            ? file
            : null;

    /// <summary>kernfs_fop_write_iter: all segments are one write, of a page at the most.</summary>
    private Outcome Write(in Call call, OpenAttribute file, ulong position)
    {
        var attribute = (SysfsAttribute)file.Node;
        var gathered = Gather(call, out var bytes);
        if (gathered.IsError)
        {
            return gathered;
        }

        if (attribute.IsGone?.Invoke() == true)
        {
            return Errno.ENODEV; // kernfs_get_active
        }

        if (attribute.IsBinary)
        {
            if (position >= (ulong)attribute.Size)
            {
                return Errno.EFBIG;
            }

            bytes = bytes[..(int)Math.Min((ulong)bytes.Length, (ulong)attribute.Size - position)];
        }

        if (bytes.Length == 0)
        {
            return SysResult.Success;
        }

        // Where it cannot wait, the position has moved before the call returns; elsewhere nobody else can tell.
        if (!IsPositioned(call))
        {
            file.Position += (ulong)bytes.Length;
        }

        var store = attribute.Store!(new SysfsWrite(bytes, position));
        if (!store.IsCompletedSuccessfully)
        {
            _ = AnswerAsync(_call, file.Path, store, bytes.Length);
            return Outcome.Pending;
        }

        return Answer(store.Result, bytes.Length);
    }

    private static SysResult Answer(SysResult stored, int count) => stored.IsError ? stored : SysResult.FromValue(count);

    private async Task AnswerAsync(ulong call, string path, ValueTask<SysResult> store, int count)
    {
        SysResult result;
        try
        {
            result = await store.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // the door's last line: our bug must not leave the writer waiting for ever
        catch (Exception bug)
#pragma warning restore CA1031
        {
            report($"viaduct: internal error in a write to {path}, answered EIO. Please report this.\n{bug}");
            result = Errno.EIO;
        }

        // ENOENT: the writer was killed meanwhile, and nobody waits for the answer.
        _ = listener.SendLater(call, Answer(result, count));
    }

    private static SysResult Gather(in Call call, out byte[] bytes)
    {
        bytes = [];
        if (!IsVector(call.Number))
        {
            bytes = new byte[(int)Math.Min(call.Arg2, PageSize)];
            return call.Memory.TryRead(call.Arg1, bytes) ? SysResult.Success : Errno.EFAULT;
        }

        if (call.Arg2 > MaxVectors)
        {
            return Errno.EINVAL;
        }

        var gathered = new List<byte>();
        for (var i = 0UL; i < call.Arg2; i++)
        {
            if (!call.Memory.TryRead(call.Arg1 + (i * IoSegment.Size), out IoSegment segment))
            {
                return Errno.EFAULT;
            }

            if ((long)segment.Length < 0)
            {
                return Errno.EINVAL;
            }

            var part = new byte[(int)Math.Min(segment.Length, (ulong)(PageSize - gathered.Count))];
            if (!call.Memory.TryRead(segment.Base, part))
            {
                return Errno.EFAULT;
            }

            gathered.AddRange(part);
        }

        bytes = [.. gathered];
        return SysResult.Success;
    }

    /// <summary>The content as it is now, from the position on.</summary>
    private static Outcome Read(in Call call, OpenAttribute file, ulong position)
    {
        var attribute = (SysfsAttribute)file.Node;
        if (attribute.IsGone?.Invoke() == true)
        {
            return Errno.ENODEV;
        }

        var content = Content(call.Task, attribute);
        var rest = content.AsSpan((int)Math.Min(position, (ulong)content.Length));
        var moved = 0;
        var count = IsVector(call.Number) ? Math.Min(call.Arg2, MaxVectors) : 1;
        for (var i = 0UL; i < count; i++)
        {
            var segment = new IoSegment { Base = call.Arg1, Length = call.Arg2 };
            if (IsVector(call.Number) && !call.Memory.TryRead(call.Arg1 + (i * IoSegment.Size), out segment))
            {
                return Errno.EFAULT;
            }

            var part = rest[..(int)Math.Min(segment.Length, (ulong)rest.Length)];
            if (!call.Memory.TryWrite(segment.Base, part))
            {
                return Errno.EFAULT;
            }

            moved += part.Length;
            rest = rest[part.Length..];
        }

        if (!IsPositioned(call))
        {
            file.Position += (ulong)moved;
        }

        return SysResult.FromValue(moved);
    }

    /// <summary>What the attribute shows to a task.</summary>
    public static byte[] Content(int task, SysfsAttribute attribute)
        => attribute.Show((ProcessStatus.GetCapabilities(task) & (1UL << (int)Capability.SysAdmin)) != 0);

    /// <summary>generic_file_llseek: attributes of text have a size of a page, whatever is in them.</summary>
    private static Outcome Seek(in Call call, OpenAttribute file)
    {
        var size = ((SysfsAttribute)file.Node).Size;
        var wanted = (int)call.Arg2 switch
        {
            SEEK_SET => (long)call.Arg1,
            SEEK_CUR => (long)file.Position + (long)call.Arg1,
            SEEK_END => size + (long)call.Arg1,
            _ => -1,
        };
        if (wanted < 0)
        {
            return Errno.EINVAL;
        }

        file.Position = (ulong)wanted;
        return SysResult.FromValue(wanted);
    }
}
