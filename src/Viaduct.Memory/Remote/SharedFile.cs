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
    private const ulong PageSize = 4096;

    /// <summary>Pieces are mapped one by one: a span is 2 GiB at most, and a huge page 1 GiB.</summary>
    private const ulong Piece = 1UL << 30;

    /// <inheritdoc/>
    public override SysResult Pin(ulong offset, ulong size, out PinnedRange pinned)
    {
        pinned = default;
        var path = MemoryFile.PathOf(handle);
        if (!isMemory
            || !FileSystemStatus.IsMemory(path)
            || FileStatus.Get(FileStatus.AT_FDCWD, path, 0, out var status).IsError
            || !status.IsRegular
            || offset + (size - 1) >= status.Size)
        {
            return Errno.EINVAL;
        }

        List<SourceSegment> segments = [];
        for (var at = offset; at - offset < size; at += Piece)
        {
            var length = Math.Min(Piece, size - (at - offset));
            if (TryMap(path, at, length, out var place) is not { } source)
            {
                segments.ForEach(s => s.Source.Release(default));
                return Errno.EINVAL;
            }

            segments.Add(new SourceSegment(source, place, length - 1));
        }

        pinned = segments is [var one]
            ? new PinnedRange(one.Source, one.Offset, size / PageSize)
            : new PinnedRange(new SegmentedSource(segments), 0, size / PageSize);
        return SysResult.Success;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => handle.Dispose();

    // As pinned pages may be written whatever the descriptor's mode; where even its owner may not, the device may read.
    private static SharedFileMemory? TryMap(string path, ulong position, ulong length, out ulong place)
    {
        place = 0;
        var writable = !FileCalls.Open(path, OpenFlags.O_RDWR, out var file).IsError;
        if (!writable && FileCalls.Open(path, OpenFlags.O_RDONLY, out file).IsError)
        {
            return null;
        }

        using (file)
        {
            return (writable ? SharedFileMemory.TryMap(file, position, length, writable: true, out place) : null)
                ?? SharedFileMemory.TryMap(file, position, length, writable: false, out place);
        }
    }
}
