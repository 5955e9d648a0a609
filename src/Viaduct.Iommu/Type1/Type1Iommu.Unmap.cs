using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu;

public sealed partial class Type1Iommu
{
    private const VfioDmaUnmapFlags UnmapFlags = VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP
        | VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_ALL | VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_VADDR;

    /// <summary>Mappings that are taken out before transfers are waited for and their memory is given back.</summary>
    private readonly Type1Mapping[] _removed = new Type1Mapping[64];
    private int _removedCount;

    /// <summary>vfio_iommu_type1_unmap_dma.</summary>
    private SysResult UnmapDma(ClientTask caller, ulong argument)
    {
        const int MinSize = VfioIommuType1DmaUnmap.MinSize;
        if (!caller.Memory.TryReadPrefix<VfioIommuType1DmaUnmap>(argument, MinSize, out var unmap))
        {
            return Errno.EFAULT;
        }

        var getsBitmap = (unmap.Flags & VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) != 0;
        if (unmap.ArgSz < MinSize || (unmap.Flags & ~UnmapFlags) != 0
            || (getsBitmap && unmap.Flags != VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP))
        {
            return Errno.EINVAL;
        }

        VfioBitmap bitmap = default;
        var result = getsBitmap ? ReadBitmap(caller.Memory, argument, unmap, out bitmap) : SysResult.Success;
        if (result.IsError)
        {
            return result;
        }

        result = UnmapDma(caller.Memory, unmap, bitmap, out var unmapped);
        if (result.IsError)
        {
            return result;
        }

        unmap.Size = unmapped;
        return caller.Memory.TryWritePrefix(argument, MinSize, unmap) ? SysResult.Success : Errno.EFAULT;
    }

    /// <summary>The bitmap that follows the structure.</summary>
    private static SysResult ReadBitmap(
        ClientMemory memory, ulong argument, in VfioIommuType1DmaUnmap unmap, out VfioBitmap bitmap)
    {
        const int MinSize = VfioIommuType1DmaUnmap.MinSize;
        bitmap = default;
        if (unmap.ArgSz < MinSize + VfioBitmap.StructSize)
        {
            return Errno.EINVAL;
        }

        if (!memory.TryRead(argument + MinSize, out bitmap))
        {
            return Errno.EFAULT;
        }

        return IsUsable(bitmap, unmap.Size) ? SysResult.Success : Errno.EINVAL;
    }

    /// <summary>vfio_dma_do_unmap.</summary>
    private SysResult UnmapDma(
        ClientMemory memory, in VfioIommuType1DmaUnmap unmap, in VfioBitmap bitmap, out ulong unmapped)
    {
        unmapped = 0;
        var all = (unmap.Flags & VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_ALL) != 0;
        var result = RangeOf(unmap, all, out var last);
        if (result.IsError)
        {
            return result;
        }

        var getsBitmap = (unmap.Flags & VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) != 0;
        if (getsBitmap && (!_isTrackingDirtyPages || bitmap.Pgsize != PageSize))
        {
            return Errno.EINVAL;
        }

        if (!_mappings.TryFindOverlap(unmap.Iova, last, out var entry))
        {
            return SysResult.Success;
        }

        // Version 1 leaves everything alone where the range begins within a mapping.
        if (_isV2 ? Cuts(entry, unmap.Iova, last) : unmap.Iova > entry.First)
        {
            return _isV2 ? Errno.EINVAL : SysResult.Success;
        }

        return (unmap.Flags & VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_VADDR) != 0
            ? InvalidateVaddrs(entry, last, out unmapped)
            : Remove(memory, entry, last, getsBitmap ? bitmap.Data : null, unmap.Iova, out unmapped);
    }

    private SysResult RangeOf(in VfioIommuType1DmaUnmap unmap, bool all, out ulong last)
    {
        var inPage = PageSize - 1;
        last = all ? ulong.MaxValue : unmap.Iova + (unmap.Size - 1);
        if ((unmap.Iova & inPage) != 0)
        {
            return Errno.EINVAL;
        }

        if (all)
        {
            return unmap.Iova != 0 || unmap.Size != 0 ? Errno.EINVAL : SysResult.Success;
        }

        if (unmap.Size == 0 || (unmap.Size & inPage) != 0)
        {
            return Errno.EINVAL;
        }

        return last < unmap.Iova ? Errno.EOVERFLOW : SysResult.Success;
    }

    /// <summary>A mapping reaches into the range or out of it.</summary>
    private bool Cuts(ulong first, ulong last)
        => _mappings.TryFindOverlap(first, last, out var lowest) && Cuts(lowest, first, last);

    /// <summary>The same where the lowest mapping that is in the range is known.</summary>
    private bool Cuts(in IovaRange<Type1Mapping> lowest, ulong first, ulong last)
        => lowest.First < first
            || (lowest.Last != last && _mappings.TryFind(last, out var highest) && highest.Last != last);

    /// <summary>Removes mappings, each wholly, from <paramref name="entry"/> to the last that begins in the
    /// range.</summary>
    private SysResult Remove(
        ClientMemory memory, IovaRange<Type1Mapping> entry, ulong last, ulong? bitmap, ulong origin, out ulong unmapped)
    {
        unmapped = 0;
        var result = SysResult.Success;
        do
        {
            if (bitmap is { } address && !WriteDirty(memory, address, entry, origin))
            {
                result = Errno.EFAULT;
                break;
            }

            unmapped += entry.Last - entry.First + 1;
            Remove(entry);
        }
        while (entry.Last < last && _mappings.TryFindAfter(entry.First, out entry) && entry.First <= last);
        ReleaseRemoved();
        return result;
    }

    private void RemoveAll()
    {
        while (_mappings.TryFindOverlap(0, ulong.MaxValue, out var entry))
        {
            Remove(entry);
        }

        ReleaseRemoved();
    }

    private void Remove(in IovaRange<Type1Mapping> entry)
    {
        _mappings.TryRemove(entry.First, out _);
        _space.UnmapDeferred(entry.First);
        _available++;
        if (entry.Value.IsVaddrInvalid)
        {
            _invalidVaddrs--;
        }

        _removed[_removedCount++] = entry.Value;
        if (_removedCount == _removed.Length)
        {
            ReleaseRemoved();
        }
    }

    /// <summary>Gives memory back once no transfer can reach it any more.</summary>
    private void ReleaseRemoved()
    {
        _space.WaitForTransfers();
        foreach (var mapping in _removed.AsSpan(0, _removedCount))
        {
            mapping.Memory.Locked.Uncharge(mapping.Pinned.LockedPages);
            mapping.Pinned.Source!.Release(mapping.Pinned);
        }

        _removed.AsSpan(0, _removedCount).Clear();
        _removedCount = 0;
    }

    /// <summary>Marks virtual addresses as gone; where one is already, none changes.</summary>
    private SysResult InvalidateVaddrs(IovaRange<Type1Mapping> first, ulong last, out ulong unmapped)
    {
        unmapped = 0;
        var entry = first;
        do
        {
            if (entry.Value.IsVaddrInvalid)
            {
                unmapped = 0;
                return Errno.EINVAL;
            }

            unmapped += entry.Last - entry.First + 1;
        }
        while (_mappings.TryFindAfter(entry.First, out entry) && entry.First <= last);

        entry = first;
        do
        {
            _mappings.TryUpdate(entry.First, entry.Value with { IsVaddrInvalid = true });
            _invalidVaddrs++;
        }
        while (_mappings.TryFindAfter(entry.First, out entry) && entry.First <= last);
        return SysResult.Success;
    }
}
