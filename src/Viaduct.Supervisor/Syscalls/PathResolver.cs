using System.Globalization;
using System.Text;
using Viaduct.Abi;
using Viaduct.Linux.Descriptors;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Vfs;
using Viaduct.Vfio.Files;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>Finds out what a call's path means: relative to what, and whose.</summary>
/// <param name="fileSystem">Ours.</param>
/// <param name="files">All open files of ours.</param>
internal sealed class PathResolver(VirtualFileSystem fileSystem, OpenFileTable files)
{
    private const int PathMax = 4096;

    private readonly byte[] _buffer = new byte[PathMax];

    /// <summary>Resolves a path argument.</summary>
    /// <param name="call">The call.</param>
    /// <param name="directory">The directory descriptor, or AT_FDCWD.</param>
    /// <param name="address">The path.</param>
    /// <param name="follow">Follow a link at the end.</param>
    /// <param name="path">The path as the client wrote it, made absolute; empty where the host's without a look.</param>
    public Lookup Resolve(in Call call, int directory, ulong address, bool follow, out string path)
        => Resolve(call, directory, address, new WalkRules { Follow = follow }, Confinement.None, out path);

    /// <summary>Resolves a path argument by the rules of openat2(2).</summary>
    public Lookup Resolve(
        in Call call, int directory, ulong address, WalkRules rules, Confinement confinement, out string path)
    {
        path = "";
        var length = ClientString.Read(call.Memory, address, _buffer);
        if (length.IsError || length.Raw == 0)
        {
            return Lookup.Host; // EFAULT, ENAMETOOLONG and ENOENT are the kernel's to say
        }

        var bytes = _buffer.AsSpan(0, (int)length.Raw);
        var isAbsolute = bytes[0] == (byte)'/' && confinement != Confinement.InRoot;
        if (isAbsolute && VirtualFileSystem.IsSurelyHost(bytes))
        {
            return Lookup.Host;
        }

        path = Encoding.UTF8.GetString(bytes);
        if (isAbsolute)
        {
            path = WithoutRoot(call, path);
            return confinement == Confinement.Beneath ? Lookup.Host : fileSystem.Find(path, rules);
        }

        var start = DirectoryOf(call, directory, out var throughOurs);
        if (start is null || (!throughOurs && !MayBeOurs(start)))
        {
            path = start is null ? path : start + "/" + path;
            return Lookup.Host;
        }

        path = start + "/" + path;
        return fileSystem.Find(path, rules with
        {
            ThroughOurs = throughOurs,
            Floor = confinement == Confinement.None ? -1 : start.Split('/', StringSplitOptions.RemoveEmptyEntries).Length,
            FloorIsRoot = confinement == Confinement.InRoot,
        });
    }

    /// <summary>A path that is already known.</summary>
    public Lookup Resolve(string path, bool follow)
        => fileSystem.Find(path, new WalkRules { Follow = follow, ThroughOurs = true });

    // /proc/PID/root leads to the root directory that everybody has who did not change it.
    private static string WithoutRoot(in Call call, string path)
        => ProcPath.TrySplitRoot(path, out var task, out var below)
            && ReadLink(string.Create(CultureInfo.InvariantCulture, $"/proc/{(task == 0 ? call.Task : task)}/root")) == "/"
            ? below
            : path;

    // Where the host's directories are, ours begin: / and what is below /dev and /sys.
    private static bool MayBeOurs(string directory)
        => directory == "/" || directory.StartsWith("/dev", StringComparison.Ordinal)
            || directory.StartsWith("/sys", StringComparison.Ordinal) || directory.StartsWith("/proc", StringComparison.Ordinal);

    private string? DirectoryOf(in Call call, int directory, out bool isOurs)
    {
        isOurs = false;
        if (directory == FileStatus.AT_FDCWD)
        {
            isOurs = call.Process.VirtualDirectory is not null;
            return call.Process.VirtualDirectory ?? ReadLink($"/proc/{call.Task}/cwd");
        }

        if (call.Process.Lookup(call.Task, directory, files, out var isOpen) is { } file)
        {
            isOurs = true;
            return (file as OpenDirectory)?.Path;
        }

        return isOpen ? ReadLink($"/proc/{call.Task}/fd/{directory}") : null;
    }

    private static string? ReadLink(string path)
        => SymbolicLink.Read(path, out var target).Errno == Errno.None ? target : null;
}
