using System.Buffers.Binary;
using System.Numerics;
using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu;

public sealed partial class Type1Iommu
{
    /// <summary>DIRTY_BITMAP_PAGES_MAX: bits that one bitmap may have.</summary>
    private const ulong DirtyPagesMax = int.MaxValue;

    /// <summary>DIRTY_BITMAP_SIZE_MAX, in bytes.</summary>
    private const ulong DirtyBitmapSizeMax = (DirtyPagesMax + 63) / 64 * 8;

    /// <summary>TASK_SIZE_MAX with four levels of page tables: access_ok refuses what reaches beyond.</summary>
    private const ulong UserAddressEnd = 0x7fff_ffff_f000;

    private const VfioDirtyPagesFlags DirtyFlags = VfioDirtyPagesFlags.VFIO_IOMMU_DIRTY_PAGES_FLAG_START
        | VfioDirtyPagesFlags.VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP
        | VfioDirtyPagesFlags.VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;

    /// <summary>vfio_iommu_type1_dirty_pages.</summary>
    private SysResult DirtyPages(ClientTask caller, ulong argument)
    {
        const int MinSize = VfioIommuType1DirtyBitmap.MinSize;
        if (!_isV2)
        {
            return Errno.EACCES;
        }

        if (!caller.Memory.TryReadPrefix<VfioIommuType1DirtyBitmap>(argument, MinSize, out var dirty))
        {
            return Errno.EFAULT;
        }

        if (dirty.ArgSz < MinSize || (dirty.Flags & ~DirtyFlags) != 0)
        {
            return Errno.EINVAL;
        }

        switch (dirty.Flags)
        {
            case VfioDirtyPagesFlags.VFIO_IOMMU_DIRTY_PAGES_FLAG_START:
                return StartDirtyTracking();
            case VfioDirtyPagesFlags.VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP:
                _isTrackingDirtyPages = false;
                return SysResult.Success;
            case VfioDirtyPagesFlags.VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP:
                return GetDirtyBitmap(caller.Memory, argument + MinSize, dirty.ArgSz - MinSize);
            default:
                return Errno.EINVAL;
        }
    }

    private SysResult StartDirtyTracking()
    {
        if (!_isTrackingDirtyPages)
        {
            for (var more = _mappings.TryFindOverlap(0, ulong.MaxValue, out var entry);
                 more;
                 more = _mappings.TryFindAfter(entry.First, out entry))
            {
                if ((entry.Last - entry.First) / PageSize >= DirtyPagesMax)
                {
                    return Errno.EINVAL;
                }
            }

            _isTrackingDirtyPages = true;
        }

        return SysResult.Success;
    }

    private SysResult GetDirtyBitmap(ClientMemory memory, ulong argument, uint size)
    {
        if (size < VfioIommuType1DirtyBitmapGet.StructSize)
        {
            return Errno.EINVAL;
        }

        if (!memory.TryRead<VfioIommuType1DirtyBitmapGet>(argument, out var range))
        {
            return Errno.EFAULT;
        }

        if (range.Size == 0)
        {
            return Errno.EINVAL;
        }

        var last = range.Iova + (range.Size - 1);
        if (last < range.Iova)
        {
            return Errno.EOVERFLOW;
        }

        if (!IsUsable(range.Bitmap, range.Size) || range.Bitmap.Pgsize != PageSize
            || ((range.Iova | range.Size) & (PageSize - 1)) != 0
            || !_isTrackingDirtyPages || Cuts(range.Iova, last))
        {
            return Errno.EINVAL;
        }

        return WriteDirty(memory, range.Bitmap.Data, range.Iova, last) ? SysResult.Success : Errno.EFAULT;
    }

    /// <summary>access_ok and verify_bitmap_size.</summary>
    private static bool IsUsable(in VfioBitmap bitmap, ulong size)
    {
        var end = bitmap.Data + bitmap.Size;
        if (end < bitmap.Data || end > UserAddressEnd)
        {
            return false;
        }

        // Without a page size the shift is 64, which the processor takes for none; pgsize itself is looked at later.
        var pages = size >> BitOperations.TrailingZeroCount(bitmap.Pgsize);
        return pages != 0 && bitmap.Size != 0 && bitmap.Size <= DirtyBitmapSizeMax
            && bitmap.Size >= ((pages - 1) / 64 * 8) + 8;
    }

    private bool WriteDirty(ClientMemory memory, ulong bitmap, ulong first, ulong last)
    {
        for (var more = _mappings.TryFindOverlap(first, last, out var entry);
             more && entry.First <= last;
             more = _mappings.TryFindAfter(entry.First, out entry))
        {
            if (!WriteDirty(memory, bitmap, entry, first))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// update_user_bitmap: sets a bit for each page of a mapping, since the devices here do not say which ones they
    /// wrote. Whole words of 64 bits are written: zeros beside the mapping's bits, but in its first word, where the
    /// mapping does not begin with it: there the client's bits stay, those above the mapping's too.
    /// </summary>
    private bool WriteDirty(ClientMemory memory, ulong bitmap, in IovaRange<Type1Mapping> entry, ulong origin)
    {
        var firstBit = (entry.First - origin) / PageSize;
        var shift = (int)(firstBit % 64);
        var bits = (ulong)shift + ((entry.Last - entry.First) / PageSize) + 1;
        var address = bitmap + (firstBit / 64 * 8);
        var kept = 0UL;
        if (shift > 0 && !memory.TryRead(address, out kept))
        {
            return false;
        }

        Span<byte> chunk = stackalloc byte[4096];
        var words = (bits + 63) / 64;
        for (ulong done = 0; done < words;)
        {
            var part = chunk[..(int)(Math.Min(words - done, (ulong)chunk.Length / 8) * 8)];
            FillOnes(part, done == 0 ? shift : 0, bits - (done * 64));
            if (done == 0)
            {
                var first = BinaryPrimitives.ReadUInt64LittleEndian(part);
                BinaryPrimitives.WriteUInt64LittleEndian(part, first | kept);
            }

            if (!memory.TryWrite(address + (done * 8), part))
            {
                return false;
            }

            done += (ulong)part.Length / 8;
        }

        return true;
    }

    /// <summary>Whole words with ones from bit <paramref name="from"/>, in the first word, up to
    /// <paramref name="end"/>, which may lie beyond them.</summary>
    private static void FillOnes(Span<byte> words, int from, ulong end)
    {
        words.Fill(0xff);
        if (end < (ulong)words.Length * 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(words[^8..], (1UL << (int)(end % 64)) - 1);
        }

        var first = BinaryPrimitives.ReadUInt64LittleEndian(words);
        BinaryPrimitives.WriteUInt64LittleEndian(words, first >> from << from);
    }
}
