using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Linux.Descriptors;
using Viaduct.Linux.Processes;

namespace Viaduct.Memory.Remote;

/// <summary>
/// A piece of a file that a client has mapped shared (a memfd, /dev/shm, hugetlbfs), mapped into this process as well: what the
/// client unmaps stays, as pinned pages would. In place where the file cannot shrink; elsewhere through the kernel, which answers
/// EFAULT where an access of our own would be a SIGBUS.
/// </summary>
internal sealed class SharedFileMemory : MemorySource
{
    private const ulong PageSize = 4096;

    private readonly MemoryMapping _mapping;
    private readonly bool _inPlace;
    private readonly Action<SharedFileMemory>? _release;

    private SharedFileMemory(MemoryMapping mapping, bool inPlace, Action<SharedFileMemory>? release = null)
    {
        _mapping = mapping;
        _inPlace = inPlace;
        _release = release;
    }

    /// <summary>Of a window: how many ranges of it are held. Under the lock of its <see cref="SharedFileWindows"/>.</summary>
    public int Pins { get; set; }

    /// <summary>Maps what a client has mapped.</summary>
    /// <param name="process">The client, which must still have the file open.</param>
    /// <param name="file">The file.</param>
    /// <param name="position">File position of the first byte, a multiple of 4 KiB.</param>
    /// <param name="length">Bytes, a multiple of 4 KiB.</param>
    /// <param name="writable">The device will write.</param>
    /// <param name="offset">The first byte's place in the source.</param>
    /// <returns>Null where that cannot be done.</returns>
    public static SharedFileMemory? TryMap(
        int process, FileIdentity file, ulong position, ulong length, bool writable, out ulong offset)
    {
        offset = 0;
        if (length > int.MaxValue || !PidFd.TryFindFile(process, file, out var handle))
        {
            return null; // spans are 2 GiB at most; larger ones go through the process
        }

        using (handle)
        {
            return Map(handle!, position, length, writable, out var source, out offset).IsError ? null : source;
        }
    }

    /// <summary>Maps a part of what a client has mapped, whether the file goes as far or not: <see cref="Holds"/> tells, for each range that is
    /// used.</summary>
    /// <param name="process">The client, which must still have the file open.</param>
    /// <param name="file">The file.</param>
    /// <param name="start">File position of the first byte, a multiple of 4 KiB.</param>
    /// <param name="length">Bytes, a multiple of 4 KiB.</param>
    /// <param name="writable">The device will write.</param>
    /// <param name="release">Hears of each range that is given back.</param>
    /// <returns>Null where that cannot be done; also of hugetlbfs, which would make the file as long.</returns>
    public static SharedFileMemory? TryMapWindow(
        int process, FileIdentity file, ulong start, ulong length, bool writable, Action<SharedFileMemory> release)
    {
        if (!PidFd.TryFindFile(process, file, out var handle))
        {
            return null;
        }

        using (handle)
        {
            return FileStatus.Get(FileStatus.AT_FDCWD, $"/proc/self/fd/{handle!.DangerousGetHandle()}", 0, out var status).IsError || status.BlockSize > PageSize
                || MemoryMapping.Map(handle!, start, (nuint)length, writable, out var mapping).IsError
                    ? null
                    : new SharedFileMemory(mapping!, FileSeals.CannotShrink(handle!), release);
        }
    }

    /// <summary>The file has this byte now.</summary>
    /// <param name="offset">Of the source.</param>
    public bool Holds(ulong offset)
    {
        Span<byte> probe = stackalloc byte[1];
        return IsInside(offset, 1) && ProcessMemory.Read(Environment.ProcessId, _mapping.Address + offset, probe) == 1;
    }

    /// <summary>Maps a file.</summary>
    /// <param name="file">The file, open for what is asked; not needed any more afterwards.</param>
    /// <param name="position">File position of the first byte, a multiple of 4 KiB.</param>
    /// <param name="length">Bytes, a multiple of 4 KiB.</param>
    /// <param name="writable">The device will write.</param>
    /// <param name="offset">The first byte's place in the source.</param>
    /// <param name="source">The piece; null after an error.</param>
    /// <returns>Zero, EBADF, EINVAL where it is too large, or what mmap(2) says.</returns>
    public static SysResult Map(
        FileDescriptorHandle file, ulong position, ulong length, bool writable, out SharedFileMemory? source, out ulong offset)
    {
        offset = 0;
        source = null;

        // hugetlbfs maps whole huge pages only, and says so in st_blksize.
        var path = $"/proc/self/fd/{file.DangerousGetHandle()}";
        var result = FileStatus.Get(FileStatus.AT_FDCWD, path, 0, out var status);
        if (result.IsError)
        {
            return result;
        }

        var unit = Math.Max(PageSize, status.BlockSize);
        var first = position / unit * unit;
        var size = (position + length - first + unit - 1) / unit * unit;
        if (size > int.MaxValue)
        {
            return Errno.EINVAL;
        }

        result = MemoryMapping.Map(file, first, (nuint)size, writable, out var mapping);
        if (!result.IsError)
        {
            offset = position - first;

            // In this order: once it cannot shrink, what it has it keeps.
            var inPlace = FileSeals.CannotShrink(file) && FileWindow.Holds(file, position + (length - 1));
            source = new SharedFileMemory(mapping!, inPlace);
        }

        return result;
    }

    /// <inheritdoc/>
    public override bool TryRead(ulong offset, Span<byte> destination)
    {
        if (TryGetSpan(offset, destination.Length, out var span))
        {
            span.CopyTo(destination);
            return true;
        }

        return IsInside(offset, destination.Length)
            && ProcessMemory.Read(Environment.ProcessId, _mapping.Address + offset, destination) == destination.Length;
    }

    /// <inheritdoc/>
    public override bool TryWrite(ulong offset, ReadOnlySpan<byte> source)
    {
        if (TryGetSpan(offset, source.Length, out var span))
        {
            source.CopyTo(span);
            return true;
        }

        return IsInside(offset, source.Length)
            && ProcessMemory.Write(Environment.ProcessId, _mapping.Address + offset, source) == source.Length;
    }

    /// <inheritdoc/>
    public override bool TryGetSpan(ulong offset, int length, out Span<byte> span)
    {
        span = default;
        if (!_inPlace || !IsInside(offset, length))
        {
            return false;
        }

        span = _mapping.GetSpan((nuint)offset, length);
        return true;
    }

    /// <inheritdoc/>
    public override void Release(in PinnedRange range)
    {
        if (_release is null)
        {
            Unmap();
        }
        else
        {
            _release(this);
        }
    }

    /// <summary>Nobody holds anything of it any more.</summary>
    public void Unmap() => _mapping.Dispose();

    private bool IsInside(ulong offset, int length)
        => offset <= _mapping.Length && (ulong)length <= _mapping.Length - offset;
}
