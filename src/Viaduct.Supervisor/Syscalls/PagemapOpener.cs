using System.Globalization;
using Viaduct.Iommu.NoIommu;
using Viaduct.Linux;
using Viaduct.Linux.Descriptors;
using Viaduct.Memory;
using Viaduct.Supervisor.Processes;
using Viaduct.Supervisor.Vfs;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>Opens /proc/PID/pagemap where devices without an IOMMU make it ours.</summary>
/// <param name="processes">The processes under us.</param>
/// <param name="memory">What those devices reach; null where there are none.</param>
/// <param name="enforceCapabilities">Frames are shown to who has CAP_SYS_ADMIN only.</param>
internal sealed class PagemapOpener(ProcessTable processes, PhysicalMemory? memory, bool enforceCapabilities)
{
    private const int MayRead = 4;

    /// <summary>Opens it.</summary>
    /// <param name="call">Who opens.</param>
    /// <param name="caller">The same, with its rights.</param>
    /// <param name="task">Whose.</param>
    /// <returns>Null where it is the host's to open or to refuse.</returns>
    public PagemapFile? TryOpen(in Call call, SupervisedCaller caller, int task)
    {
        if (memory is null || processes.Find(task) is not { } process)
        {
            return null;
        }

        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{task}/pagemap");
        if (FileStatus.Get(FileStatus.AT_FDCWD, path, 0, out var status).IsError || !MayOpen(call.Task, status))
        {
            return null;
        }

        var client = process.Memory;
        if (FileCalls.Open(path, OpenFlags.O_RDONLY, out var host).IsError)
        {
            host.Dispose();
            return null;
        }

        var sees = !enforceCapabilities || caller.IsCapable(Capability.SysAdmin);
        return new PagemapFile(host, status, path, client, sees ? memory : null);
    }

    private static bool MayOpen(int task, in FileStatus status)
        => Owner.Of(task).UserId == status.UserId || HostDirectory.MayOpen(task, status, MayRead);
}
