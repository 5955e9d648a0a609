using Viaduct.Abi;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Processes;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>ioctl(2).</summary>
internal sealed class IoctlCalls(SupervisedCaller caller, OpenFileTable files, RunStatistics statistics)
{
    // What the kernel answers before it asks a driver: FIONCLEX, FIOCLEX, FIONBIO, FIOASYNC.
    private const uint FIONBIO = 0x5421, FIONCLEX = 0x5450, FIOCLEX = 0x5451, FIOASYNC = 0x5452;

    /// <summary>Hands the request to the file, where it is one of ours.</summary>
    public Outcome Ioctl(in Call call)
    {
        var file = call.Process.Lookup(call.Task, call.Descriptor, files, out _);
        var command = (uint)call.Arg1;
        if (file is { IsPathOnly: true })
        {
            return Errno.EBADF;
        }

        if (file is null or OpenAttribute || command is FIONBIO or FIONCLEX or FIOCLEX or FIOASYNC)
        {
            return Outcome.Host;
        }

        if (file is not OpenVfioFile vfio)
        {
            return Errno.ENOTTY;
        }

        var result = vfio.File.Ioctl(caller, command, call.Arg2);
        statistics.Count(IoctlNames.Of(vfio.File, command), result.IsError);
        return result;
    }
}
