using System.Buffers.Binary;
using Viaduct.Abi;
using Viaduct.Iommu.Eeh;
using Viaduct.Memory;
using Viaduct.Pci.Hardware;
using Viaduct.Vfio.Files;

namespace Viaduct.Pci.VfioPci;

/// <content>
/// pread and pwrite of the regions. A BAR is accessed in the widest aligned pieces (vfio_pci_core_do_io_rw). The
/// client's memory is copied in blocks that end with its pages: a page is there or not, so that a fault comes before
/// the same access as in the kernel.
/// </content>
public sealed partial class VfioPciDevice
{
    private const int BlockSize = 512;
    private const int ClientPageSize = 4096;
    private const int WidestPiece = 8;

    /// <inheritdoc/>
    public override SysResult Read(Caller caller, ulong buffer, ulong count, ulong position)
    {
        if (count == 0)
        {
            return SysResult.Success;
        }

        var index = position >> RegionShift;
        return index == VFIO_PCI_CONFIG_REGION_INDEX
            ? ReadConfig(caller.Memory, buffer, count, position & RegionMask)
            : FindBar(index) is { } bar
                ? ReadBar(caller.Memory, buffer, count, bar, position & RegionMask)
                : index == VFIO_PCI_ROM_REGION_INDEX
                    ? ReadRom(caller.Memory, buffer, count, position & RegionMask)
                    : Errno.EINVAL;
    }

    /// <inheritdoc/>
    public override SysResult Write(Caller caller, ulong buffer, ulong count, ulong position)
    {
        if (count == 0)
        {
            return SysResult.Success;
        }

        var index = position >> RegionShift;
        return index == VFIO_PCI_CONFIG_REGION_INDEX
            ? WriteConfig(caller.Memory, buffer, count, position & RegionMask)
            : FindBar(index) is { } bar && !_isStopped
                ? WriteBar(caller.Memory, buffer, count, bar, position & RegionMask)
                : Errno.EINVAL;
    }

    /// <summary>A client's page that is there is there as a whole: so many bytes of a transfer can be copied as
    /// one.</summary>
    private static int BlockLength(ulong address, ulong count)
        => (int)Math.Min(Math.Min(count, BlockSize), ClientPageSize - (address & (ClientPageSize - 1)));

    private SysResult ReadConfig(ClientMemory memory, ulong buffer, ulong count, ulong position)
    {
        var size = (ulong)Function.ConfigSize;
        if (position >= size || count > size - position)
        {
            return Errno.EFAULT;
        }

        var bytes = new byte[count];
        lock (_lock)
        {
            if (_config is not { } config)
            {
                return Errno.EINVAL;
            }

            config.CopyTo((int)position, bytes);
            if (config.TakeUnreachable())
            {
                return Errno.ENODEV;
            }
        }

        // Where the buffer ends early the bytes before have been written, as piece by piece.
        return memory.TryWrite(buffer, bytes) ? SysResult.FromValue((long)count) : Errno.EFAULT;
    }

    private SysResult WriteConfig(ClientMemory memory, ulong buffer, ulong count, ulong position)
    {
        var size = (ulong)Function.ConfigSize;
        if (position >= size || count > size - position)
        {
            return Errno.EFAULT;
        }

        var bytes = new byte[count];
        var isWhole = memory.TryRead(buffer, bytes);
        lock (_lock)
        {
            if (_config is not { } config)
            {
                return Errno.EINVAL;
            }

            for (var done = 0; done < bytes.Length;)
            {
                var piece = config.Piece((int)position + done, bytes.Length - done);
                var span = bytes.AsSpan(done, piece.Count);

                // What nobody writes nobody copies.
                if (piece.Permissions.Write is not null)
                {
                    if (!isWhole && !memory.TryRead(buffer + (ulong)done, span))
                    {
                        return Errno.EFAULT;
                    }

                    config.Write(piece, (uint)Get(span));
                    if (config.TakeUnreachable())
                    {
                        return Errno.ENODEV;
                    }
                }

                done += piece.Count;
            }
        }

        return SysResult.FromValue((long)count);
    }

    private SysResult ReadBar(ClientMemory memory, ulong buffer, ulong count, PciBar bar, ulong position)
    {
        if (position >= bar.Size)
        {
            return Errno.EINVAL;
        }

        count = Math.Min(count, bar.Size - position);
        Span<byte> block = stackalloc byte[BlockSize];

        // The first piece of a page goes alone: should the page be missing, the device has seen one read, as from the
        // kernel.
        var isProven = false;
        for (var done = 0UL; done < count;)
        {
            var limit = isProven ? BlockLength(buffer + done, count - done) : 0;
            var filled = FillBlock(bar, position + done, count - done, limit, block);
            if (filled < 0)
            {
                return Errno.EIO;
            }

            if (!memory.TryWrite(buffer + done, block[..filled]))
            {
                return Errno.EFAULT;
            }

            var before = (buffer + done) / ClientPageSize;
            done += (ulong)filled;
            isProven = (buffer + done) / ClientPageSize == before;
        }

        return SysResult.FromValue((long)count);
    }

    /// <summary>Reads one piece, and those behind it that end within the limit.</summary>
    /// <returns>Bytes read; -1 where memory is disabled.</returns>
    private int FillBlock(PciBar bar, ulong position, ulong left, int limit, Span<byte> block)
    {
        var filled = 0;
        do
        {
            var piece = PieceLength(bar, position + (ulong)filled, left - (ulong)filled);
            if (filled != 0 && filled + piece > limit)
            {
                break;
            }

            if (!TryReadPiece(bar, position + (ulong)filled, block.Slice(filled, piece)))
            {
                return -1;
            }

            filled += piece;
        }
        while (filled < limit);

        return filled;
    }

    private SysResult WriteBar(ClientMemory memory, ulong buffer, ulong count, PciBar bar, ulong position)
    {
        if (position >= bar.Size)
        {
            return Errno.EINVAL;
        }

        count = Math.Min(count, bar.Size - position);
        Span<byte> block = stackalloc byte[BlockSize];
        for (var done = 0UL; done < count;)
        {
            var first = PieceLength(bar, position + done, count - done);
            if (IsMsixTable(bar, position + done))
            {
                // What is dropped is not even copied.
                done += (ulong)first;
                continue;
            }

            var have = Math.Max(BlockLength(buffer + done, count - done), first);
            if (!memory.TryRead(buffer + done, block[..have]))
            {
                return Errno.EFAULT;
            }

            var used = DrainBlock(bar, position + done, count - done, block[..have]);
            if (used < 0)
            {
                return Errno.EIO;
            }

            done += (ulong)used;
        }

        return SysResult.FromValue((long)count);
    }

    /// <summary>Writes the pieces that the block holds as a whole.</summary>
    /// <returns>Bytes written; -1 where memory is disabled.</returns>
    private int DrainBlock(PciBar bar, ulong position, ulong left, ReadOnlySpan<byte> block)
    {
        var used = 0;
        while (used < block.Length)
        {
            var piece = PieceLength(bar, position + (ulong)used, left - (ulong)used);
            if (used + piece > block.Length)
            {
                break;
            }

            if (!TryWritePiece(bar, position + (ulong)used, block.Slice(used, piece)))
            {
                return -1;
            }

            used += piece;
        }

        return used;
    }

    /// <summary>8, 4, 2 or 1 bytes, as alignment and what is left allow, and not into the MSI-X table; of the table,
    /// which clients do not see, all that is left up to a block.</summary>
    private int PieceLength(PciBar bar, ulong offset, ulong left)
    {
        if (Function.Msix is { } msix && msix.TableBar == bar.Index)
        {
            if (offset < msix.TableOffset)
            {
                left = Math.Min(left, msix.TableOffset - offset);
            }
            else if (IsMsixTable(bar, offset))
            {
                return (int)Math.Min(Math.Min(left, msix.TableOffset + msix.TableSize - offset), BlockSize);
            }
        }

        var width = WidestPiece;
        while ((ulong)width > left || (offset & (ulong)(width - 1)) != 0)
        {
            width >>= 1;
        }

        return width;
    }

    private bool IsMsixTable(PciBar bar, ulong offset)
        => Function.Msix is { } msix && msix.TableBar == bar.Index && offset - msix.TableOffset < msix.TableSize;

    /// <returns>False where memory is disabled.</returns>
    private bool TryReadPiece(PciBar bar, ulong offset, Span<byte> piece)
    {
        if (IsMsixTable(bar, offset))
        {
            piece.Fill(0xff);
            return true;
        }

        lock (Function.Gate)
        {
            if (bar.Kind.HasFlag(PciBarKind.Io))
            {
                // Nothing answers a port that is not decoded.
                Put(piece, ulong.MaxValue);
                if ((Function.IoDecoded || DecodesAlways) && Passes(EehAccess.LoadIo, bar.Index, offset))
                {
                    Put(piece, Function.ReadBarLocked(bar.Index, offset, piece.Length));
                }

                return true;
            }

            if (_memoryEnabled && !Passes(EehAccess.LoadMemory, bar.Index, offset))
            {
                Put(piece, ulong.MaxValue);
            }
            else if (_memoryEnabled)
            {
                Put(piece, Function.ReadBarLocked(bar.Index, offset, piece.Length));
            }

            return _memoryEnabled;
        }
    }

    /// <returns>False where memory is disabled.</returns>
    private bool TryWritePiece(PciBar bar, ulong offset, ReadOnlySpan<byte> piece)
    {
        if (IsMsixTable(bar, offset))
        {
            return true;
        }

        lock (Function.Gate)
        {
            var isIo = bar.Kind.HasFlag(PciBarKind.Io);
            if ((isIo ? Function.IoDecoded || DecodesAlways : _memoryEnabled)
                && Passes(isIo ? EehAccess.StoreIo : EehAccess.StoreMemory, bar.Index, offset))
            {
                Function.WriteBarLocked(bar.Index, offset, piece.Length, Get(piece));
            }

            return isIo || _memoryEnabled;
        }
    }

    private static ulong Get(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        1 => bytes[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        _ => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
    };

    private static void Put(Span<byte> bytes, ulong value)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(value >> (8 * i));
        }
    }
}
