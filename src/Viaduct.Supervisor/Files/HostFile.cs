using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux.Descriptors;
using Viaduct.Linux.Processes;
using Viaduct.Supervisor.Processes;
using Viaduct.Vfio.Files;

namespace Viaduct.Supervisor.Files;

/// <summary>
/// A file of the host's behind a descriptor of the caller's. We have a reference of our own, so that all that is asked is of one file, whatever
/// another thread does to the descriptor meanwhile; in a sandbox that forbids it (<see cref="EventFdRegistry.IsNeeded"/>) the file is what the
/// number shows when it is asked.
/// </summary>
internal sealed class HostFile : IHostFile, IDisposable
{
    private readonly string _path;

    private HostFile(SupervisedProcess process, int task, int number, SafeFileHandle? handle)
    {
        Process = process;
        Number = number;
        Handle = handle;
        _path = handle is null
            ? string.Create(CultureInfo.InvariantCulture, $"/proc/{task}/fd/{number}")
            : MemoryFile.PathOf(handle);
    }

    /// <summary>Whose descriptor it is.</summary>
    public SupervisedProcess Process { get; }

    /// <summary>The descriptor.</summary>
    public int Number { get; }

    /// <summary>Our reference, or null where we may have none.</summary>
    public SafeFileHandle? Handle { get; private set; }

    public string LinkName => SymbolicLink.Read(_path, out var target).IsError ? "" : target;

    public DeviceNumber? DeviceNumber
        => !FileStatus.Get(FileStatus.AT_FDCWD, _path, 0, out var status).IsError && status.IsCharacterDevice
            ? new DeviceNumber(status.RdevMajor, status.RdevMinor)
            : null;

    /// <summary>The file behind a descriptor.</summary>
    /// <returns>Null where no call but the host's own answer makes sense: nothing is open there, or by O_PATH only.</returns>
    public static HostFile? Open(SupervisedProcess process, int task, int fd)
    {
        const int O_PATH = 0x200000;
        var got = PidFd.GetFile(process.Id, task, fd, out var handle);
        if (got.IsError && got.Errno != Errno.EPERM)
        {
            return null;
        }

        var file = new HostFile(process, task, fd, handle);
        var flags = handle is null
            ? DescriptorInfo.GetFlags(task, fd)
            : DescriptorInfo.GetFlags(Environment.ProcessId, (int)handle.DangerousGetHandle());
        if (flags is { } open && (open & O_PATH) == 0)
        {
            return file;
        }

        file.Dispose();
        return null;
    }

    public IHostFileReference Remember()
    {
        var handle = Handle;
        Handle = null;
        return new HostFileReference(Process, Number, handle);
    }

    public void Dispose() => Handle?.Dispose();
}
