using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Linux.Descriptors;

namespace Viaduct.Memory.Remote;

/// <summary>A part of a client's file, mapped into this process for DMA.</summary>
public static class FileWindow
{
    private const ulong PageSize = 4096;

    /// <summary>Pieces are mapped one by one: a span is 2 GiB at most, and a huge page 1 GiB.</summary>
    private const ulong Piece = 1UL << 30;

    /// <summary>Maps a part.</summary>
    /// <param name="file">The file, open for what is asked; not needed any more afterwards.</param>
    /// <param name="offset">The first byte; a multiple of 4 KiB.</param>
    /// <param name="size">Bytes; a multiple of 4 KiB, above zero.</param>
    /// <param name="writable">The device may write.</param>
    /// <param name="pinned">The part; to be released once.</param>
    /// <returns>Zero; EINVAL where it is no regular file, or ends before the part does; what mmap(2) says: EACCES where the file is
    /// not open for that, ENODEV, ENOMEM.</returns>
    public static SysResult Map(FileDescriptorHandle file, ulong offset, ulong size, bool writable, out PinnedRange pinned)
    {
        pinned = default;
        if (size == 0 || offset + (size - 1) < offset || !Holds(file, offset + (size - 1)))
        {
            return Errno.EINVAL;
        }

        List<SourceSegment> segments = [];
        for (ulong done = 0; done < size; done += Piece)
        {
            var length = Math.Min(Piece, size - done);
            var result = SharedFileMemory.Map(file, offset + done, length, writable, out var source, out var place);
            if (result.IsError)
            {
                segments.ForEach(s => s.Source.Release(default));
                return result;
            }

            segments.Add(new SourceSegment(source!, place, length - 1));
        }

        pinned = segments is [var one]
            ? new PinnedRange(one.Source, one.Offset, size / PageSize)
            : new PinnedRange(new SegmentedSource(segments), 0, size / PageSize);
        return SysResult.Success;
    }

    /// <summary>The file is a regular one and has the byte now.</summary>
    internal static bool Holds(FileDescriptorHandle file, ulong last)
        => !FileStatus.Get(FileStatus.AT_FDCWD, $"/proc/self/fd/{file.DangerousGetHandle()}", 0, out var status).IsError
            && status.IsRegular && last < status.Size;
}
