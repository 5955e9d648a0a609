using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Viaduct.Abi;
using Viaduct.Linux.Processes;
using Viaduct.Memory;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Vfs;
using Viaduct.Vfio.Containers;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Groups;
using Viaduct.Vfio.Iommufd;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>open(2), openat(2), openat2(2).</summary>
internal sealed class OpenCalls(PathResolver resolver, PathCalls paths, FileInstaller installer, OpenFileTable files)
{
    private const int O_ACCMODE = 3, O_WRONLY = 1, O_RDWR = 2;
    private const int O_CREAT = 0x40, O_EXCL = 0x80, O_DIRECTORY = 0x10000, O_NOFOLLOW = 0x20000;
    private const int O_CLOEXEC = 0x80000, O_PATH = 0x200000;
    private const int O_NOCTTY = 0x100, O_TRUNC = 0x200;
    private const ulong RESOLVE_NO_SYMLINKS = 0x04, RESOLVE_BENEATH = 0x08, RESOLVE_IN_ROOT = 0x10;
    private const ulong PageSize = 4096;

    /// <summary>open(2) and openat(2).</summary>
    public Outcome Open(in Call call, int directory, ulong path, int flags)
    {
        var lookup = resolver.Resolve(call, directory, path, follow: (flags & (O_NOFOLLOW | O_EXCL)) == 0, out var text);
        return lookup.Kind switch
        {
            LookupKind.Host => OpenProc(call, text, flags),
            LookupKind.HostPath => OpenHost(call, lookup.Path, flags),
            LookupKind.Node => OpenNode(call, lookup, flags),
            _ => lookup.Error,
        };
    }

    /// <summary>openat2(2). How to walk is honoured for links; a walk confined to a directory is the kernel's.</summary>
    public Outcome Open2(in Call call)
    {
        if (call.Arg3 < (ulong)OpenHow.Size || call.Arg3 > PageSize
            || !call.Memory.TryRead(call.Arg2, out OpenHow how) || !TailIsZero(call))
        {
            return Outcome.Host;
        }

        if ((how.Resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) != 0 || how.Flags > int.MaxValue)
        {
            return Outcome.Host;
        }

        if ((how.Resolve & RESOLVE_NO_SYMLINKS) != 0)
        {
            var followed = resolver.Resolve(call, (int)call.Arg0, call.Arg1, follow: true, out var written);
            if (followed.Kind == LookupKind.Node && followed.Path != written)
            {
                return Errno.ELOOP;
            }
        }

        return Open(call, (int)call.Arg0, call.Arg1, (int)how.Flags);
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
            return Install(call, new OpenAttribute(lookup.Path, node), flags, default);
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
            : Install(call, new OpenDirectory(path, directory), flags & ~O_DIRECTORY, default);

    // Attributes are read here; what a store would do (driver_override and its like) is not built yet.
    private Outcome OpenAttributeNode(in Call call, in Lookup lookup, int flags)
        => (flags & O_ACCMODE) != 0
            ? Errno.EACCES
            : Install(call, new OpenAttribute(lookup.Path, lookup.Node!), flags, Content(call, (SysfsAttribute)lookup.Node!));

    private static byte[] Content(in Call call, SysfsAttribute attribute)
        => attribute.Show((ProcessStatus.GetCapabilities(call.Task) & (1UL << (int)Capability.SysAdmin)) != 0);

    private Outcome OpenDevice(in Call call, DeviceNode device, int flags)
    {
        files.ReleaseClosed();
        var opened = device.Open(out var file);
        return opened.IsError ? opened : InstallVfio(call, file!, (ushort)device.Mode, flags);
    }

    private Outcome InstallVfio(in Call call, VfioFile file, ushort mode, int flags)
    {
        var outcome = Install(call, new OpenVfioFile(file, mode), flags, default);
        if (outcome.Result.IsError)
        {
            file.Release();
        }

        return outcome;
    }

    private Outcome Install(in Call call, OpenFile file, int flags, ReadOnlySpan<byte> content)
        => installer.Install(
            call.Process,
            call.Task,
            file,
            flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_DIRECTORY | O_NOFOLLOW),
            (flags & O_CLOEXEC) != 0,
            content);

    // /proc/self/fd/N opens the device node anew, as following the kernel's magic link does; fdinfo/N has a line of ours.
    private Outcome OpenProc(in Call call, string path, int flags)
    {
        if (path.Length == 0)
        {
            return Outcome.Host;
        }

        if (paths.TryDescriptor(call, path, ProcPathKind.Descriptor) is { } file)
        {
            return Reopen(call, file, flags);
        }

        if (paths.TryDescriptor(call, path, ProcPathKind.DescriptorInfo) is OpenVfioFile { File.FdInfo: { Length: > 0 } lines }
            && ProcPath.TryParse(path, out var parsed))
        {
            var task = parsed.Task == 0 ? call.Task : parsed.Task;
            var native = ReadText(string.Create(CultureInfo.InvariantCulture, $"/proc/{task}/fdinfo/{parsed.Descriptor}"));
            return native is null
                ? Outcome.Host
                : Install(call, new OpenAttribute(path, SysfsAttribute.Text("")), flags, Encoding.ASCII.GetBytes(native + lines));
        }

        return Outcome.Host;
    }

    private Outcome Reopen(in Call call, OpenFile file, int flags)
    {
        if ((flags & O_PATH) != 0)
        {
            return Outcome.Host;
        }

        switch (file)
        {
            case OpenDirectory directory:
                return OpenDirectoryNode(call, directory.Path, directory.Directory, flags);
            case OpenVfioFile { File: ContainerFile or GroupFile or IommufdFile or CdevFile } vfio:
                return Open(call, vfio.File.LinkName, flags);
            case OpenVfioFile:
                return Errno.ENXIO;
            default:
                return Open(call, file.LinkName, flags);
        }
    }

    private Outcome Open(in Call call, string path, int flags)
    {
        var lookup = resolver.Resolve(path, follow: true);
        return lookup.Kind == LookupKind.Node ? OpenNode(call, lookup, flags) : Errno.ENOENT;
    }

    // The client's way led through a directory of ours, so we open the host's file for it. Only to read: what we could
    // write is not what the client could.
    private Outcome OpenHost(in Call call, string path, int flags)
    {
        if ((flags & O_ACCMODE) != 0 || (flags & O_CREAT) != 0)
        {
            return Errno.EACCES;
        }

        try
        {
            using var handle = File.OpenHandle(path);
            return installer.Install(
                call.Process, call.Task, (int)handle.DangerousGetHandle(), (flags & O_CLOEXEC) != 0, number: -1);
        }
        catch (UnauthorizedAccessException)
        {
            return Errno.EACCES;
        }
        catch (IOException)
        {
            return Errno.ENOENT;
        }
    }

    private static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
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
