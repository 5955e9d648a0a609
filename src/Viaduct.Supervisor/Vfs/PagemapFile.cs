using System.Buffers.Binary;
using Viaduct.Abi;
using Viaduct.Iommu.NoIommu;
using Viaduct.Linux;
using Viaduct.Linux.Descriptors;
using Viaduct.Memory;
using Viaduct.Vfio.Files;

namespace Viaduct.Supervisor.Vfs;

/// <summary>
/// /proc/PID/pagemap on a machine whose devices have no IOMMU: what the host says of each page, with the frame number that our
/// devices know it by. The host's own number is of no use to them, and is hidden from ordinary users.
/// </summary>
/// <param name="host">The host's file.</param>
/// <param name="status">What stat says of it.</param>
/// <param name="path">Its path.</param>
/// <param name="memory">Whose memory it is about.</param>
/// <param name="physical">Where frames come from; null where the opener may not see them.</param>
internal sealed class PagemapFile(
    FileDescriptorHandle host, FileStatus status, string path, ClientMemory memory, PhysicalMemory? physical) : VfioFile
{
    private const int EntrySize = sizeof(ulong);
    private const int PageShift = 12;
    private const ulong Present = 1UL << 63;
    private const ulong FrameMask = (1UL << 55) - 1;
    private const int EntriesAtOnce = 512;

    // Nobody else is served while one client reads; who wants more asks again, as after every short read.
    private const ulong MostBytes = 4 << 20;

    /// <summary>What fstat says.</summary>
    public FileStatus Status { get; } = status;

    /// <inheritdoc/>
    public override string LinkName => path;

    /// <inheritdoc/>
    public override DeviceNumber? DeviceNumber => null;

    /// <inheritdoc/>
    public override bool HasTransfers => true;

    /// <summary>Scans of what the kernel has noted of pages are not for drivers: as before Linux 6.7.</summary>
    public override SysResult Ioctl(Caller caller, uint command, ulong argument) => Errno.EINVAL;

    /// <summary>pagemap_read: the host checks the arguments, and knows whether the process is still there.</summary>
    public override SysResult Read(Caller caller, ulong buffer, ulong count, ulong position)
    {
        Span<byte> entries = stackalloc byte[EntriesAtOnce * EntrySize];

        // A count that is no multiple of an entry is refused before anything moves: the host does that with any such count.
        var left = count % EntrySize == 0 ? Math.Min(count, MostBytes) : count % EntrySize;
        for (var done = 0UL; ;)
        {
            var piece = entries[..(int)Math.Min(left - done, (ulong)entries.Length)];
            var read = FileCalls.Pread(host, piece, position + done);
            if (read.IsError || read.Raw == 0)
            {
                return read.IsError ? read : SysResult.FromValue((long)done);
            }

            piece = piece[..(int)read.Raw];
            ShowFrames(piece, (position + done) / EntrySize);
            if (!caller.Memory.TryWrite(buffer + done, piece))
            {
                return Errno.EFAULT;
            }

            done += (ulong)piece.Length;
            if (done == left)
            {
                return SysResult.FromValue((long)done);
            }
        }
    }

    /// <summary>mem_lseek: anywhere, also where nothing can be read.</summary>
    /// <param name="offset">As lseek(2) takes it.</param>
    /// <param name="whence">SEEK_SET or SEEK_CUR; others are EINVAL.</param>
    /// <param name="position">The file's position.</param>
    public static SysResult Seek(long offset, int whence, ref ulong position)
    {
        const int SEEK_SET = 0, SEEK_CUR = 1;
        if (whence is not (SEEK_SET or SEEK_CUR))
        {
            return Errno.EINVAL;
        }

        position = whence == SEEK_SET ? (ulong)offset : position + (ulong)offset;
        return new SysResult((long)position);
    }

    /// <inheritdoc/>
    public override void Release() => host.Dispose();

    private void ShowFrames(Span<byte> entries, ulong page)
    {
        for (; entries.Length >= EntrySize; entries = entries[EntrySize..], page++)
        {
            var entry = BinaryPrimitives.ReadUInt64LittleEndian(entries);
            if ((entry & Present) == 0)
            {
                continue;
            }

            entry &= ~FrameMask;
            if (physical is not null && physical.TryGetAddress(memory, page << PageShift, out var address))
            {
                entry |= address >> PageShift;
            }

            BinaryPrimitives.WriteUInt64LittleEndian(entries, entry);
        }
    }
}
