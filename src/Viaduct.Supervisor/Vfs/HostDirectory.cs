using Viaduct.Linux.Descriptors;
using Viaduct.Linux.Processes;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Vfs;

/// <summary>The host's part of directories that are also ours.</summary>
internal static class HostDirectory
{
    private const ushort S_IFMT = 0xF000;
    private const ushort S_IFIFO = 0x1000;

    private static readonly EnumerationOptions s_everything = new() { AttributesToSkip = 0 };

    /// <summary>The names in it, without . and .. ; none where it cannot be read.</summary>
    public static IReadOnlyList<string> Names(string path)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(path, "*", s_everything).Select(e => Path.GetFileName(e)!)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>True where our directory of that path has an entry that the host's lacks, so that the kernel's listing would miss
    /// it.</summary>
    public static bool Lacks(string path, SysfsDirectory ours)
        => ours.Children.Keys.Any(name => FileStatus.Get(
            FileStatus.AT_FDCWD, $"{path}/{name}", FileStatus.AT_SYMLINK_NOFOLLOW, out _).IsError);

    /// <summary>Whether we may open a file for a client. One with our own identity may what we may; another one what everybody may.
    /// Nobody gets a FIFO, which we would have to wait for.</summary>
    /// <param name="task">The client.</param>
    /// <param name="status">The file's.</param>
    /// <param name="wanted">4 to read, 2 to write, 6 for both.</param>
    public static bool MayOpen(int task, in FileStatus status, int wanted)
        => (status.Mode & S_IFMT) != S_IFIFO
            && (IsLikeUs(task) || (status.Mode & wanted) == wanted);

    private static bool IsLikeUs(int task)
        => Owner.Of(task) == Owner.Of(Environment.ProcessId)
            && ProcessStatus.GetCapabilities(task) == ProcessStatus.GetCapabilities(Environment.ProcessId);
}
