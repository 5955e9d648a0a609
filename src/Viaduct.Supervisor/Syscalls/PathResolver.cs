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
    {
        path = "";
        var length = ClientString.Read(call.Memory, address, _buffer);
        if (length.IsError || length.Raw == 0)
        {
            return Lookup.Host; // EFAULT, ENAMETOOLONG and ENOENT are the kernel's to say
        }

        var bytes = _buffer.AsSpan(0, (int)length.Raw);
        if (VirtualFileSystem.IsSurelyHost(bytes))
        {
            return Lookup.Host;
        }

        path = Encoding.UTF8.GetString(bytes);
        var throughOurs = false;
        if (path[0] != '/')
        {
            var start = DirectoryOf(call, directory, out throughOurs);
            if (start is null)
            {
                return Lookup.Host;
            }

            path = start + "/" + path;
            if (!throughOurs && !MayBeOurs(start))
            {
                return Lookup.Host;
            }
        }

        return fileSystem.Find(path, follow, throughOurs);
    }

    /// <summary>A path that is already known.</summary>
    public Lookup Resolve(string path, bool follow) => fileSystem.Find(path, follow, throughOurs: true);

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
