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
    private const ulong MAP_TYPE = 0x0f, MAP_SHARED = 1, MAP_SHARED_VALIDATE = 3;

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

        var type = call.Arg3 & MAP_TYPE;
        var result = vfio.File.Mmap(new MmapRequest(call.Arg5, length, type is MAP_SHARED or MAP_SHARED_VALIDATE));
        statistics.Count("mmap", result.IsError);
        return result.IsError ? result : Outcome.Host;
    }
}
