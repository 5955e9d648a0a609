using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Linux.Descriptors;

namespace Viaduct.Memory.Remote;

/// <summary>A file of another process's, by a reference of our own.</summary>
/// <param name="handle">The reference; ours from here on.</param>
/// <param name="isMemory">It may be memory: what lies on a file system in memory is.</param>
public sealed class SharedFile(SafeFileHandle handle, bool isMemory) : FileMemory
{
    /// <inheritdoc/>
    public override SysResult Pin(ulong offset, ulong size, out PinnedRange pinned)
    {
        pinned = default;
        var path = MemoryFile.PathOf(handle);
        if (!isMemory || !FileSystemStatus.IsMemory(path))
        {
            return Errno.EINVAL;
        }

        // As pinned pages may be written whatever the descriptor's mode; where even its owner may not, the device may read.
        return TryMap(path, OpenFlags.O_RDWR, offset, size, out pinned) || TryMap(path, OpenFlags.O_RDONLY, offset, size, out pinned)
            ? SysResult.Success
            : Errno.EINVAL;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => handle.Dispose();

    private static bool TryMap(string path, OpenFlags mode, ulong offset, ulong size, out PinnedRange pinned)
    {
        pinned = default;
        if (FileCalls.Open(path, mode, out var file).IsError)
        {
            return false;
        }

        using (file)
        {
            return !FileWindow.Map(file, offset, size, writable: mode == OpenFlags.O_RDWR, out pinned).IsError;
        }
    }
}
