using Viaduct.Abi;
using Viaduct.Linux.Processes;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Filter;
using Viaduct.Supervisor.Vfs;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>Calls on a descriptor that may be one of ours, other than ioctl, mmap and transfers.</summary>
internal sealed class DescriptorCalls(PathCalls paths, FileInstaller installer, OpenFileTable files)
{
    private const int F_DUPFD = 0, F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, F_DUPFD_CLOEXEC = 1030;
    private const int O_LARGEFILE = 0x8000, O_CLOEXEC = 0x80000;

    /// <summary>fstat(2).</summary>
    public Outcome Stat(in Call call)
    {
        if (paths.DescriptorStatus(call, call.Descriptor, out var status) is { } outcome)
        {
            return outcome;
        }

        Span<byte> bytes = stackalloc byte[StatLayout.Size];
        StatLayout.Write(status, bytes);
        return call.Memory.TryWrite(call.Arg1, bytes) ? SysResult.Success : Errno.EFAULT;
    }

    /// <summary>lseek(2): our directories rewind, our attributes are memory files, the rest cannot seek.</summary>
    public Outcome Seek(in Call call)
    {
        const int SEEK_SET = 0, SEEK_CUR = 1;
        switch (Find(call))
        {
            case { IsPathOnly: true }:
                return Errno.EBADF;
            case OpenVfioFile { File: PagemapFile } pagemap:
                var position = pagemap.Position;
                var moved = PagemapFile.Seek((long)call.Arg1, (int)call.Arg2, ref position);
                pagemap.Position = position;
                return moved;
            case OpenVfioFile { File.HasSeek: true }:
                return SysResult.Success;
            case OpenVfioFile:
                return Errno.ESPIPE;
            case OpenDirectory directory when (int)call.Arg2 == SEEK_SET && call.Arg1 <= int.MaxValue:
                directory.Position = (int)call.Arg1;
                return SysResult.FromValue(directory.Position);
            case OpenDirectory directory when (int)call.Arg2 == SEEK_CUR && call.Arg1 == 0:
                return SysResult.FromValue(directory.Position);
            case OpenDirectory:
                return Errno.EINVAL;
            default:
                return Outcome.Host;
        }
    }

    /// <summary>getdents(2), getdents64(2).</summary>
    public Outcome GetEntries(in Call call, bool wide) => Find(call) switch
    {
        null => Outcome.Host,
        { IsPathOnly: true } => Errno.EBADF,
        OpenDirectory directory => DirectoryEntries.Write(call, directory, wide),
        _ => Errno.ENOTDIR,
    };

    /// <summary>ftruncate(2), fallocate(2), fsync(2), fdatasync(2) and fstatfs(2) of files that are no files.</summary>
    public Outcome Unsupported(in Call call, Errno error) => Find(call) switch
    {
        { IsPathOnly: true } => Errno.EBADF,
        OpenVfioFile or OpenDirectory => error,
        OpenAttribute { IsWritable: true } => call.Number == SystemCall.FTruncate ? SysResult.Success : error,
        _ => Outcome.Host,
    };

    /// <summary>Transfers and mmap(2) that no handler took: on what a directory, or a descriptor opened with O_PATH, stands for,
    /// the kernel would find a memory file.</summary>
    public Outcome Refuse(in Call call)
    {
        switch (call.Number)
        {
            case SystemCall.Read or SystemCall.ReadV or SystemCall.PRead64 or SystemCall.PReadV or SystemCall.PReadV2:
                return Refuse(Find(call), Errno.EISDIR);
            case SystemCall.Write or SystemCall.WriteV or SystemCall.PWrite64 or SystemCall.PWriteV or SystemCall.PWriteV2:
                return Refuse(Find(call), Errno.EBADF);
            case SystemCall.Mmap:
                return Refuse(call.Process.Lookup(call.Task, (int)call.Arg4, files, out _), Errno.ENODEV);
            default:
                return Outcome.Host;
        }
    }

    private static Outcome Refuse(OpenFile? file, Errno ofDirectory) => file switch
    {
        { IsPathOnly: true } => Errno.EBADF,
        OpenDirectory => ofDirectory,
        _ => Outcome.Host,
    };

    /// <summary>dup(2): the copy of one of ours goes where the filter knows it.</summary>
    public Outcome Duplicate(in Call call) => Duplicate(call, SupervisorFilter.FirstDescriptor, closeOnExec: false);

    /// <summary>fcntl(2).</summary>
    public Outcome Control(in Call call) => (int)call.Arg1 switch
    {
        F_DUPFD or F_DUPFD_CLOEXEC when call.Arg2 < int.MaxValue => Duplicate(
            call,
            Math.Max((int)call.Arg2, SupervisorFilter.FirstDescriptor),
            (int)call.Arg1 == F_DUPFD_CLOEXEC),
        F_GETFL => StatusFlags(call),
        F_GETFD or F_SETFD => Outcome.Host,
        _ => Find(call) is { IsPathOnly: true } ? Errno.EBADF : Outcome.Host,
    };

    private Outcome Duplicate(in Call call, int from, bool closeOnExec)
    {
        if (Find(call) is not { } file)
        {
            return Outcome.Host;
        }

        if (PidFd.GetFile(call.Process.Id, call.Task, call.Descriptor, out var handle).IsError)
        {
            return Outcome.Host;
        }

        using (handle)
        {
            var number = FileInstaller.FirstFree(call.Process, call.Task, from);
            if (number < 0)
            {
                return Outcome.Host;
            }

            return installer.Install(
                call.Process, call.Task, (int)handle!.DangerousGetHandle(), closeOnExec, number, file);
        }
    }

    // anon_inode files are made without O_LARGEFILE, which open(2) adds on 64-bit.
    private Outcome StatusFlags(in Call call)
    {
        var file = Find(call);
        if (file is { IsPathOnly: true })
        {
            return SysResult.FromValue(file.PathFlags);
        }

        if (file is not OpenVfioFile { File.DeviceNumber: null })
        {
            return Outcome.Host;
        }

        return DescriptorInfo.GetFlags(call.Task, call.Descriptor) is { } flags
            ? SysResult.FromValue(flags & ~(O_LARGEFILE | O_CLOEXEC))
            : Outcome.Host;
    }

    private OpenFile? Find(in Call call) => call.Process.Lookup(call.Task, call.Descriptor, files, out _);
}
