using Viaduct.Abi;
using Viaduct.Supervisor.Files;
using Viaduct.Vfio.Files;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>
/// mmap(2) of a device: the core decides, the kernel maps the (empty) memory file, so that every access stops in the
/// tracer.
/// </summary>
internal sealed class MmapCall(OpenFileTable files, RunStatistics statistics)
{
    private const ulong PageSize = 4096;
    private const ulong PROT_EXEC = 4;
    private const ulong MAP_TYPE = 0x0f, MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_SHARED_VALIDATE = 3;

    // LEGACY_MAP_MASK: what MAP_SHARED_VALIDATE knows without a file's own flags.
    private const ulong LegacyFlags = 0x7f9f3 | (0x1fUL << 26);

    public Outcome Mmap(in Call call)
    {
        var length = (call.Arg1 + (PageSize - 1)) & ~(PageSize - 1);
        if (length == 0 || (call.Arg5 & (PageSize - 1)) != 0
            || call.Process.Lookup(call.Task, (int)call.Arg4, files, out _) is not { } file)
        {
            return Outcome.Host; // not ours, or the kernel's own first checks
        }

        if (file is not OpenVfioFile vfio)
        {
            return Errno.ENODEV;
        }

        var result = Check(call, vfio.File, length);
        if (!result.IsError)
        {
            var isShared = (call.Arg3 & MAP_TYPE) != MAP_PRIVATE;
            result = vfio.File.Mmap(new MmapRequest(call.Arg5, length, isShared) { RunsGuests = call.Process.RunsGuests });
        }

        statistics.Count("mmap", result.IsError);
        return result.IsError ? result : Outcome.Host;
    }

    /// <summary>What do_mmap() refuses before it asks the driver.</summary>
    private static SysResult Check(in Call call, VfioFile file, ulong length)
    {
        if (call.Arg5 / PageSize > (ulong.MaxValue - length) / PageSize)
        {
            return Errno.EOVERFLOW; // file_mmap_ok()
        }

        switch (call.Arg3 & MAP_TYPE)
        {
            case MAP_SHARED or MAP_PRIVATE:
                break;
            case MAP_SHARED_VALIDATE when (call.Arg3 & ~LegacyFlags) != 0:
                return Errno.EOPNOTSUPP;
            case MAP_SHARED_VALIDATE:
                break;
            default:
                return Errno.EINVAL;
        }

        // The mount behind anonymous inodes is noexec; that behind device nodes need not be.
        return file.DeviceNumber is null && (call.Arg2 & PROT_EXEC) != 0 ? Errno.EPERM : SysResult.Success;
    }
}
