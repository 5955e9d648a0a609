using System.Text;
using Viaduct.Abi;
using Viaduct.Linux.Descriptors;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Vfs;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>Calls that look at a path: stat, access, readlink, chdir and their kin.</summary>
internal sealed class PathCalls(PathResolver resolver, OpenFileTable files)
{
    private const int R_OK = 4, W_OK = 2, X_OK = 1;
    private const int AT_EACCESS = 0x200;
    private const int CAP_DAC_OVERRIDE = 1;
    private const int PathMax = 4096;

    /// <summary>stat(2), lstat(2), newfstatat(2).</summary>
    public Outcome Stat(in Call call, int directory, ulong path, ulong buffer, int flags)
    {
        if (TryFileStatus(call, directory, path, flags, out var status) is { } outcome)
        {
            return outcome;
        }

        Span<byte> bytes = stackalloc byte[StatLayout.Size];
        StatLayout.Write(status, bytes);
        return call.Memory.TryWrite(buffer, bytes) ? SysResult.Success : Errno.EFAULT;
    }

    /// <summary>statx(2).</summary>
    public Outcome StatX(in Call call)
    {
        if (TryFileStatus(call, (int)call.Arg0, call.Arg1, (int)call.Arg2, out var status) is { } outcome)
        {
            return outcome;
        }

        return call.Memory.TryWrite(call.Arg4, status) ? SysResult.Success : Errno.EFAULT;
    }

    /// <summary>access(2), faccessat(2), faccessat2(2).</summary>
    public Outcome Access(in Call call, int directory, ulong path, int mode, int flags)
    {
        var lookup = resolver.Resolve(call, directory, path, (flags & FileStatus.AT_SYMLINK_NOFOLLOW) == 0, out _);
        if (lookup.Kind == LookupKind.Host)
        {
            return Outcome.Host;
        }

        if ((mode & ~(R_OK | W_OK | X_OK)) != 0 || (flags & ~(AT_EACCESS | FileStatus.AT_SYMLINK_NOFOLLOW)) != 0)
        {
            return Errno.EINVAL;
        }

        return lookup.Kind switch
        {
            LookupKind.Node => MayAccess(call.Task, lookup.Node!, mode) ? SysResult.Success : Errno.EACCES,
            LookupKind.HostPath => FileStatus.Get(FileStatus.AT_FDCWD, lookup.Path, 0, out _),
            _ => lookup.Error,
        };
    }

    /// <summary>readlink(2), readlinkat(2).</summary>
    public Outcome ReadLink(in Call call, int directory, ulong path, ulong buffer, int size)
    {
        var lookup = resolver.Resolve(call, directory, path, follow: false, out var text);
        var target = lookup switch
        {
            { Kind: LookupKind.Error } => null,
            { Kind: LookupKind.Node, Node: SysfsLink link } => link.Target,
            { Kind: LookupKind.HostPath } => SymbolicLink.Read(lookup.Path, out var read).IsError ? null : read,
            { Kind: LookupKind.Host } => DescriptorLink(call, text),
            _ => null,
        };
        if (target is null)
        {
            return lookup.Kind switch
            {
                LookupKind.Host => Outcome.Host,
                LookupKind.Error => lookup.Error,
                _ => Errno.EINVAL,
            };
        }

        if (size <= 0)
        {
            return Errno.EINVAL;
        }

        var bytes = Encoding.UTF8.GetBytes(target).AsSpan();
        bytes = bytes[..Math.Min(bytes.Length, size)];
        return call.Memory.TryWrite(buffer, bytes) ? SysResult.FromValue(bytes.Length) : Errno.EFAULT;
    }

    /// <summary>chdir(2).</summary>
    public Outcome ChangeDirectory(in Call call)
    {
        var lookup = resolver.Resolve(call, FileStatus.AT_FDCWD, call.Arg0, follow: true, out _);
        switch (lookup.Kind)
        {
            case LookupKind.Host:
                call.Process.VirtualDirectory = null;
                return Outcome.Host;
            case LookupKind.Node when lookup.Node is SysfsDirectory:
            case LookupKind.HostPath:
                call.Process.VirtualDirectory = lookup.Path;
                return SysResult.Success;
            case LookupKind.Node:
                return Errno.ENOTDIR;
            default:
                return lookup.Error;
        }
    }

    /// <summary>fchdir(2).</summary>
    public Outcome ChangeDirectoryByDescriptor(in Call call)
    {
        switch (call.Process.Lookup(call.Task, call.Descriptor, files, out _))
        {
            case null:
                call.Process.VirtualDirectory = null;
                return Outcome.Host;
            case OpenDirectory directory:
                call.Process.VirtualDirectory = directory.Path;
                return SysResult.Success;
            default:
                return Errno.ENOTDIR;
        }
    }

    /// <summary>getcwd(2): the length with the terminator.</summary>
    public static Outcome GetWorkingDirectory(in Call call)
    {
        if (call.Process.VirtualDirectory is not { } directory)
        {
            return Outcome.Host;
        }

        var bytes = Encoding.UTF8.GetBytes(directory + "\0");
        return call.Arg1 < (ulong)bytes.Length ? Errno.ERANGE
            : call.Memory.TryWrite(call.Arg0, bytes) ? SysResult.FromValue(bytes.Length)
            : Errno.EFAULT;
    }

    /// <summary>getxattr(2), listxattr(2) and the forms that do not follow links: our nodes have none.</summary>
    public Outcome ExtendedAttributes(in Call call, bool list)
    {
        var lookup = resolver.Resolve(call, FileStatus.AT_FDCWD, call.Arg0, follow: false, out _);
        return lookup.Kind switch
        {
            LookupKind.Host => Outcome.Host,
            LookupKind.Error => lookup.Error,
            _ => list ? SysResult.Success : Errno.ENODATA,
        };
    }

    /// <summary>statfs(2): of our nodes, what it says of the file system that they are shown on.</summary>
    public Outcome StatFileSystem(in Call call)
    {
        var lookup = resolver.Resolve(call, FileStatus.AT_FDCWD, call.Arg0, follow: true, out _);
        if (lookup.Kind is LookupKind.Host or LookupKind.Error)
        {
            return lookup.Kind == LookupKind.Host ? Outcome.Host : lookup.Error;
        }

        var mount = lookup.Path.StartsWith("/sys", StringComparison.Ordinal) ? "/sys" : "/dev";
        Span<byte> bytes = stackalloc byte[FileSystemStatus.Size];
        var result = FileSystemStatus.Get(mount, bytes);
        return result.IsError ? result : call.Memory.TryWrite(call.Arg1, bytes) ? SysResult.Success : Errno.EFAULT;
    }

    /// <summary>inode_permission() for the owner of everything, or for root.</summary>
    public static bool MayAccess(int task, SysfsNode node, int mode)
    {
        var bits = node switch
        {
            SysfsAttribute attribute => attribute.Mode >> 6,
            DeviceNode device => device.Mode >> 6,
            _ => R_OK | W_OK | X_OK,
        };
        if ((mode & ~bits) == 0)
        {
            return true;
        }

        // CAP_DAC_OVERRIDE grants reading and writing; executing wants an x bit somewhere.
        return (mode & X_OK & ~bits) == 0
            && (Linux.Processes.ProcessStatus.GetCapabilities(task) & (1UL << CAP_DAC_OVERRIDE)) != 0;
    }

    // Null where `status` is good.
    private Outcome? TryFileStatus(in Call call, int directory, ulong path, int flags, out FileStatus status)
    {
        status = default;
        if ((flags & FileStatus.AT_EMPTY_PATH) != 0 && IsEmpty(call, path))
        {
            return DescriptorStatus(call, directory, out status);
        }

        var follow = (flags & FileStatus.AT_SYMLINK_NOFOLLOW) == 0;
        var lookup = resolver.Resolve(call, directory, path, follow, out var text);
        switch (lookup.Kind)
        {
            case LookupKind.Node:
                status = NodeStatus.Of(lookup.Node!, lookup.Path, Owner.Of(call.Task));
                return null;
            case LookupKind.HostPath:
                var result = FileStatus.Get(FileStatus.AT_FDCWD, lookup.Path, flags & FileStatus.AT_SYMLINK_NOFOLLOW, out status);
                return result.IsError ? result : null;
            case LookupKind.Host:
                return follow && TryDescriptor(call, text, ProcPathKind.Descriptor) is { } file
                    ? FileStatusOf(call, file, out status)
                    : Outcome.Host;
            default:
                return lookup.Error;
        }
    }

    /// <summary>fstat(2) of a descriptor, whatever its call.</summary>
    public Outcome? DescriptorStatus(in Call call, int descriptor, out FileStatus status)
    {
        status = default;
        var file = call.Process.Lookup(call.Task, descriptor, files, out _);
        return file is null ? Outcome.Host : FileStatusOf(call, file, out status);
    }

    private static Outcome? FileStatusOf(in Call call, OpenFile file, out FileStatus status)
    {
        var owner = Owner.Of(call.Task);
        status = file switch
        {
            OpenVfioFile { File: PagemapFile pagemap } => pagemap.Status,
            OpenVfioFile vfio => NodeStatus.Of(vfio.File, vfio.DeviceMode, owner),
            OpenDirectory directory => DirectoryStatus(directory, owner),
            OpenAttribute attribute => NodeStatus.Of(attribute.Node, attribute.Path, owner),
            _ => default,
        };
        return null;
    }

    private static FileStatus DirectoryStatus(OpenDirectory open, in Owner owner)
        => !open.Directory.IsOpaque && !FileStatus.Get(FileStatus.AT_FDCWD, open.Path, 0, out var status).IsError
            ? status
            : NodeStatus.Of(open.Directory, open.Path, owner);

    private static bool IsEmpty(in Call call, ulong path)
    {
        Span<byte> first = stackalloc byte[1];
        return path == 0 || (call.Memory.TryRead(path, first) && first[0] == 0);
    }

    /// <summary>The file of ours that a path like /proc/self/fd/N names, or null.</summary>
    public OpenFile? TryDescriptor(in Call call, string path, ProcPathKind kind)
    {
        if (!ProcPath.TryParse(path, out var parsed) || parsed.Kind != kind)
        {
            return null;
        }

        var task = parsed.Task == 0 ? call.Task : parsed.Task;
        return FileIdentity.Get($"/proc/{task}/fd/{parsed.Descriptor}", out var identity).IsError
            ? null
            : files.Find(identity);
    }

    private string? DescriptorLink(in Call call, string path)
    {
        if (path.Length is 0 or > PathMax || !path.StartsWith('/'))
        {
            return null;
        }

        return ProcPath.TryParse(path, out var parsed) && parsed is { Kind: ProcPathKind.WorkingDirectory, Task: 0 }
            ? call.Process.VirtualDirectory
            : TryDescriptor(call, path, ProcPathKind.Descriptor)?.LinkName;
    }
}
