using System.Runtime.InteropServices;
using System.Text;
using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Linux.Descriptors;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Processes;
using Viaduct.Supervisor.Vfs;
using Viaduct.Vfio.Containers;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Groups;
using Viaduct.Vfio.Iommufd;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>open(2), openat(2), openat2(2).</summary>
internal sealed class OpenCalls(
    PathResolver resolver, PathCalls paths, FileInstaller installer, OpenFileTable files, ProcessTable processes,
    SupervisedCaller caller, PagemapOpener pagemaps)
{
    private const int O_ACCMODE = 3, O_WRONLY = 1, O_RDWR = 2;
    private const int O_CREAT = 0x40, O_EXCL = 0x80, O_DIRECTORY = 0x10000, O_NOFOLLOW = 0x20000;
    private const int O_CLOEXEC = 0x80000, O_PATH = 0x200000;
    private const int O_NOCTTY = 0x100, O_TRUNC = 0x200;
    private const int PathOnlyFlags = O_PATH | O_DIRECTORY | O_NOFOLLOW; // O_PATH_FLAGS without O_CLOEXEC
    private const ulong ValidFlags = 0x7fffc3; // VALID_OPEN_FLAGS of x86
    private const ulong RESOLVE_NO_SYMLINKS = 0x04, RESOLVE_BENEATH = 0x08, RESOLVE_IN_ROOT = 0x10;
    private const ulong ValidResolve = 0x3f;
    private const ulong PageSize = 4096;
    private const int ReadableByAny = 0x124; // S_IRUGO

    /// <summary>open(2) and openat(2).</summary>
    public Outcome Open(in Call call, int directory, ulong path, int flags)
        => Open(call, resolver.Resolve(call, directory, path, Follows(flags), out var text), text, flags);

    /// <summary>openat2(2). What is wrong with the structure is the kernel's to say, which looks at it before any path.</summary>
    public Outcome Open2(in Call call)
    {
        if (call.Arg3 < (ulong)OpenHow.Size || call.Arg3 > PageSize
            || !call.Memory.TryRead(call.Arg2, out OpenHow how) || !TailIsZero(call) || !IsValid(how))
        {
            return Outcome.Host;
        }

        var flags = (int)how.Flags;
        var rules = new WalkRules { Follow = Follows(flags), NoLinks = (how.Resolve & RESOLVE_NO_SYMLINKS) != 0 };
        var confinement = (how.Resolve & RESOLVE_BENEATH) != 0 ? Confinement.Beneath
            : (how.Resolve & RESOLVE_IN_ROOT) != 0 ? Confinement.InRoot
            : Confinement.None;
        var lookup = resolver.Resolve(call, (int)call.Arg0, call.Arg1, rules, confinement, out var text);
        return Open(call, lookup, text, flags);
    }

    private static bool Follows(int flags)
        => (flags & O_NOFOLLOW) == 0 && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);

    // build_open_flags()
    private static bool IsValid(in OpenHow how)
        => (how.Flags & ~ValidFlags) == 0
            && (how.Resolve & ~ValidResolve) == 0
            && (how.Resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) != (RESOLVE_BENEATH | RESOLVE_IN_ROOT)
            && (how.Mode == 0 || (how.Flags & O_CREAT) != 0)
            && ((how.Flags & O_PATH) == 0 || (how.Flags & ~(ulong)(PathOnlyFlags | O_CLOEXEC)) == 0);

    private static int PathFlags(int flags) => (flags & O_PATH) != 0 ? flags & PathOnlyFlags : 0;

    private Outcome Open(in Call call, in Lookup lookup, string text, int flags)
    {
        if (lookup is { Kind: LookupKind.Host or LookupKind.HostPath, Node: SysfsDirectory directory }
            && (flags & (O_PATH | O_ACCMODE | O_CREAT)) == 0 && HostDirectory.Lacks(lookup.Path, directory))
        {
            return OpenDirectoryNode(call, lookup.Path, directory, flags); // to be listed with what is in both
        }

        return lookup.Kind switch
        {
            LookupKind.Host => OpenProc(call, text, flags),
            LookupKind.HostPath => OpenHost(call, lookup.Path, flags),
            LookupKind.Node => OpenNode(call, lookup, flags),
            _ when lookup.Node is not null && (flags & (O_CREAT | O_PATH)) == O_CREAT => Errno.EACCES,
            _ => lookup.Error,
        };
    }

    private static bool TailIsZero(in Call call)
    {
        var tail = new byte[(int)call.Arg3 - OpenHow.Size];
        return call.Memory.TryRead(call.Arg2 + OpenHow.Size, tail) && tail.AsSpan().IndexOfAnyExcept((byte)0) < 0;
    }

    private Outcome OpenNode(in Call call, in Lookup lookup, int flags)
    {
        var node = lookup.Node!;
        if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        {
            return Errno.EEXIST;
        }

        if ((flags & O_PATH) == 0 && node is SysfsLink)
        {
            return Errno.ELOOP;
        }

        if (node is SysfsDirectory directory)
        {
            return OpenDirectoryNode(call, lookup.Path, directory, flags);
        }

        if ((flags & O_DIRECTORY) != 0)
        {
            return Errno.ENOTDIR;
        }

        if ((flags & O_PATH) != 0)
        {
            return Install(call, new OpenAttribute(lookup.Path, node) { PathFlags = PathFlags(flags) }, 0, flags, default);
        }

        var wanted = (flags & O_ACCMODE) switch { O_WRONLY => 2, O_RDWR => 6, _ => 4 };
        if (!PathCalls.MayAccess(call.Task, node, wanted))
        {
            return Errno.EACCES;
        }

        return node is DeviceNode device ? OpenDevice(call, device, flags) : OpenAttributeNode(call, lookup, flags);
    }

    private Outcome OpenDirectoryNode(in Call call, string path, SysfsDirectory directory, int flags)
        => (flags & O_PATH) == 0 && ((flags & O_ACCMODE) != 0 || (flags & O_CREAT) != 0)
            ? Errno.EISDIR
            : Install(
                call, new OpenDirectory(path, directory) { PathFlags = PathFlags(flags) }, flags & ~O_PATH, flags, default);

    // Without a show or a store operation not even root may (KERNFS_ROOT_EXTRA_OPEN_PERM_CHECK).
    private Outcome OpenAttributeNode(in Call call, in Lookup lookup, int flags)
    {
        var attribute = (SysfsAttribute)lookup.Node!;
        var file = new OpenAttribute(lookup.Path, attribute, flags);
        return (file.IsReadable && (attribute.Mode & ReadableByAny) == 0) || (file.IsWritable && attribute.Store is null)
            ? Errno.EACCES
            : Install(call, file, flags, flags, file.IsReadable ? AttributeCalls.Content(call.Task, attribute) : default);
    }

    private Outcome OpenDevice(in Call call, DeviceNode device, int flags)
    {
        if (device.Needs is { } capability && !caller.IsCapable(capability))
        {
            return Errno.EPERM;
        }

        files.ReleaseClosed();
        var opened = device.Open(out var file);
        return opened.IsError ? opened : InstallVfio(call, file!, (ushort)device.Mode, flags);
    }

    private Outcome InstallVfio(in Call call, VfioFile file, ushort mode, int flags)
    {
        var outcome = Install(call, new OpenVfioFile(file, flags, mode), flags, flags, default);
        if (outcome.Result.IsError)
        {
            file.Release();
        }

        return outcome;
    }

    // The memory file is opened with `flags`; what the client asked for says whether to close it on exec.
    private Outcome Install(in Call call, OpenFile file, int flags, int asked, ReadOnlySpan<byte> content)
        => installer.Install(
            call.Process,
            call.Task,
            file,
            flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_DIRECTORY | O_NOFOLLOW),
            (asked & O_CLOEXEC) != 0,
            content);

    // /proc/self/fd/N opens the device node anew, as following the kernel's magic link does; fdinfo/N has a line of ours, and
    // status counts what is locked for DMA.
    private Outcome OpenProc(in Call call, string path, int flags)
    {
        if (path.Length == 0 || !ProcPath.TryParse(path, out var parsed))
        {
            return Outcome.Host;
        }

        var task = parsed.Task == 0 ? call.Task : parsed.Task;
        switch (parsed.Kind)
        {
            case ProcPathKind.Descriptor:
                return paths.TryDescriptor(call, path, ProcPathKind.Descriptor) is { } file
                    ? Reopen(call, file, flags)
                    : Outcome.Host;
            case ProcPathKind.DescriptorInfo:
                return paths.TryDescriptor(call, path, ProcPathKind.DescriptorInfo) is OpenVfioFile { File.FdInfo: { Length: > 0 } lines }
                    && ReadText($"/proc/{task}/fdinfo/{parsed.Descriptor}") is { Length: > 0 } native
                    ? Shown(call, path, flags, native + lines)
                    : Outcome.Host;
            case ProcPathKind.Status when processes.Find(task)?.Memory.Locked is { } locked && (locked.Pages | locked.PinnedPages) != 0:
                return Shown(
                    call, path, flags, LockedStatus.Add(ReadText($"/proc/{task}/status"), locked.Pages, locked.PinnedPages));
            case ProcPathKind.Pagemap when (flags & (O_PATH | O_DIRECTORY)) == 0 && !path.EndsWith('/'):
                return pagemaps.TryOpen(call, caller, task) is { } pagemap
                    ? InstallVfio(call, pagemap, mode: 0, flags)
                    : Outcome.Host;
            default:
                return Outcome.Host;
        }
    }

    // A text of the kernel's with something of ours in it, as it is now.
    private Outcome Shown(in Call call, string path, int flags, string text)
    {
        const int ReadableByAll = 0x124; // 0444
        var node = new SysfsAttribute(ReadableByAll, 0, () => Encoding.ASCII.GetBytes(text));
        return text.Length == 0 || (flags & (O_ACCMODE | O_PATH)) != 0
            ? Outcome.Host
            : Install(call, new OpenAttribute(path, node), flags, flags, node.Show());
    }

    private Outcome Reopen(in Call call, OpenFile file, int flags)
    {
        switch (file)
        {
            case OpenDirectory directory:
                return OpenDirectoryNode(call, directory.Path, directory.Directory, flags);
            case OpenVfioFile { File: ContainerFile or GroupFile or IommufdFile or CdevFile } vfio:
                return Open(call, vfio.File.LinkName, flags);
            case OpenVfioFile:
                return (flags & O_PATH) != 0 ? Outcome.Host : Errno.ENXIO;
            default:
                return Open(call, file.LinkName, flags);
        }
    }

    private Outcome Open(in Call call, string path, int flags)
    {
        var lookup = resolver.Resolve(path, follow: true);
        return lookup.Kind == LookupKind.Node ? OpenNode(call, lookup, flags) : Errno.ENOENT;
    }

    // The client's way led through a directory of ours, so we open the host's file for it. One opened with O_PATH cannot be
    // handed over: it gets one that can read.
    private Outcome OpenHost(in Call call, string path, int flags)
    {
        var found = FileStatus.Get(FileStatus.AT_FDCWD, path, 0, out var status);
        if (found.IsError)
        {
            return found.Errno == Errno.ENOENT && (flags & O_CREAT) != 0 ? Errno.EACCES : found;
        }

        if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        {
            return Errno.EEXIST;
        }

        if (!HostDirectory.MayOpen(call.Task, status, (flags & O_ACCMODE) switch { O_WRONLY => 2, O_RDWR => 6, _ => 4 }))
        {
            return Errno.EACCES;
        }

        var asOurs = (flags & ~(O_CREAT | O_EXCL | O_PATH | O_CLOEXEC)) | O_NOCTTY;
        var opened = FileCalls.Open(path, (OpenFlags)asOurs, out var handle);
        using (handle)
        {
            return opened.IsError
                ? opened
                : installer.Install(
                    call.Process, call.Task, (int)handle.DangerousGetHandle(), (flags & O_CLOEXEC) != 0, number: -1);
        }
    }

    // Empty where the task has gone.
    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    // struct open_how, linux/openat2.h
    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public const int Size = 24;
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }
}
