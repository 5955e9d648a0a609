using Viaduct.Abi;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Processes;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>ioctl(2).</summary>
internal sealed class IoctlCalls(SupervisedCaller caller, OpenFileTable files, RunStatistics statistics, IHostIoctls? hostIoctls)
{
    // What the kernel answers before it asks a driver: FIONCLEX, FIOCLEX, FIONBIO, FIOASYNC.
    private const uint FIONBIO = 0x5421, FIONCLEX = 0x5450, FIOCLEX = 0x5451, FIOASYNC = 0x5452;
    private const int MostCounts = 256;

    private readonly Dictionary<(Type Kind, uint Command), CallCount> _counts = [];

    /// <summary>Hands the request to the file, where it is one of ours.</summary>
    public Outcome Ioctl(in Call call)
    {
        var file = call.Process.Lookup(call.Task, call.Descriptor, files, out _);
        var command = (uint)call.Arg1;
        if (file is { IsPathOnly: true })
        {
            return Errno.EBADF;
        }

        if (file is null && hostIoctls is not null && hostIoctls.Requests.Contains(command))
        {
            return OnHostFile(call, hostIoctls, command);
        }

        if (file is null or OpenAttribute || command is FIONBIO or FIONCLEX or FIOCLEX or FIOASYNC)
        {
            return Outcome.Host;
        }

        if (file is not OpenVfioFile vfio)
        {
            return Errno.ENOTTY;
        }

        if (vfio.File is not DeviceFile && command != VfioIoctl.VFIO_GET_API_VERSION)
        {
            files.ReleaseClosed(); // who has what depends on what was closed before; a device's own calls do not
        }

        var result = vfio.File.Ioctl(caller, command, call.Arg2);
        CountOf(vfio.File, command).Add(result.IsError);
        return result;
    }

    private Outcome OnHostFile(in Call call, IHostIoctls ioctls, uint command)
    {
        using var file = HostFile.Open(call.Process, call.Task, call.Descriptor);
        if (file is null)
        {
            return Outcome.Host;
        }

        files.ReleaseClosed(); // a machine whose device was closed may have another one
        if (ioctls.Ioctl(caller, file, command, call.Arg2) is not { } result)
        {
            return Outcome.Host;
        }

        statistics.Count(IoctlNames.Of(null, command), result.IsError);
        return result;
    }

    // One hostile client must not make us remember four billion numbers.
    private CallCount CountOf(VfioFile file, uint command)
    {
        if (_counts.TryGetValue((file.GetType(), command), out var count))
        {
            return count;
        }

        count = statistics.CountOf(IoctlNames.Of(file, command));
        if (_counts.Count < MostCounts)
        {
            _counts[(file.GetType(), command)] = count;
        }

        return count;
    }
}
