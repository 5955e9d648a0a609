using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu;

public sealed partial class Type1Iommu
{
    private const VfioDmaMapFlags MapFlags = VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_READ
        | VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_WRITE | VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_VADDR;

    private SysResult MapDma(ClientTask caller, ulong argument)
    {
        if (!caller.Memory.TryReadPrefix<VfioIommuType1DmaMap>(argument, VfioIommuType1DmaMap.MinSize, out var map))
        {
            return Errno.EFAULT;
        }

        if (map.ArgSz < VfioIommuType1DmaMap.MinSize || (map.Flags & ~MapFlags) != 0)
        {
            return Errno.EINVAL;
        }

        return MapDma(caller, map);
    }

    /// <summary>vfio_dma_do_map.</summary>
    private SysResult MapDma(ClientTask caller, in VfioIommuType1DmaMap map)
    {
        if (map.Size == 0)
        {
            return Errno.EINVAL;
        }

        var last = map.Iova + (map.Size - 1);
        if (last < map.Iova || map.Vaddr + (map.Size - 1) < map.Vaddr)
        {
            return Errno.EOVERFLOW;
        }

        var access = AccessOf(map.Flags);
        var updatesVaddr = (map.Flags & VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_VADDR) != 0;
        if (updatesVaddr == (access != DmaAccess.None) || ((map.Size | map.Iova | map.Vaddr) & (PageSize - 1)) != 0)
        {
            return Errno.EINVAL;
        }

        var overlaps = _mappings.TryFindOverlap(map.Iova, last, out var found);
        if (updatesVaddr)
        {
            return overlaps ? UpdateVaddr(caller, map, found) : Errno.ENOENT;
        }

        if (overlaps)
        {
            return Errno.EEXIST;
        }

        if (_available == 0)
        {
            return Errno.ENOSPC;
        }

        return IsValid(map.Iova, last) ? PinAndMap(caller, map, last, access) : Errno.EINVAL;
    }

    private static DmaAccess AccessOf(VfioDmaMapFlags flags)
        => ((flags & VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_READ) != 0 ? DmaAccess.Read : DmaAccess.None)
            | ((flags & VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_WRITE) != 0 ? DmaAccess.Write : DmaAccess.None);

    /// <summary>vfio_iommu_iova_dma_valid.</summary>
    private bool IsValid(ulong first, ulong last)
    {
        foreach (var range in _validRanges)
        {
            if (first >= range.Start && last <= range.End)
            {
                return true;
            }
        }

        return _validRanges.Count == 0;
    }

    /// <summary>vfio_pin_map_dma, and the dirty bitmap that each mapping gets while pages are tracked.</summary>
    private SysResult PinAndMap(ClientTask caller, in VfioIommuType1DmaMap map, ulong last, DmaAccess access)
    {
        var memory = caller.Memory;
        var result = memory.Pin(map.Vaddr, map.Size, (access & DmaAccess.Write) != 0, out var pinned);
        if (result.IsError)
        {
            return FailedPin(caller, pinned.LockedPages, result);
        }

        result = Charge(caller, pinned.LockedPages);
        if (result.IsError)
        {
            pinned.Source!.Release(pinned);
            return result;
        }

        if (_isTrackingDirtyPages && map.Size / PageSize > DirtyPagesMax)
        {
            memory.Locked.Uncharge(pinned.LockedPages);
            pinned.Source!.Release(pinned);
            return Errno.EINVAL;
        }

        _mappings.TryAdd(map.Iova, last, new Type1Mapping(memory, pinned, access, false));
        _space.Map(map.Iova, last, pinned.Source!, pinned.Offset, access);
        _available--;
        return SysResult.Success;
    }

    /// <summary>The kernel counts each page when it has it: where the limit comes before the bad page, that is the
    /// error.</summary>
    private static SysResult FailedPin(ClientTask caller, ulong pages, SysResult failure)
    {
        var locked = caller.Memory.Locked;
        if (!locked.Enforced)
        {
            return failure;
        }

        var charged = Charge(caller, pages);
        if (charged.IsError)
        {
            return charged;
        }

        locked.Uncharge(pages);
        return failure;
    }

    /// <summary>vfio_lock_acct. Capabilities are asked for only where the limit does not do: that may cost a system
    /// call.</summary>
    private static SysResult Charge(ClientTask caller, ulong pages)
    {
        if (pages == 0)
        {
            return SysResult.Success;
        }

        var locked = caller.Memory.Locked;
        var limit = caller.MemlockLimitPages;
        var capable = locked.Pages + pages > limit && caller.IsCapable(Capability.IpcLock);
        return locked.Charge(pages, limit, capable);
    }

    /// <summary>
    /// A client moved its memory (mremap, or exec of a successor) and says where it is now. The kernel goes on with the
    /// pages that it holds; here the new address is where those pages can be reached, so they are pinned through it.
    /// Where that fails the device keeps the old way to them. The count of locked pages moves along:
    /// vfio_change_dma_owner.
    /// </summary>
    private SysResult UpdateVaddr(ClientTask caller, in VfioIommuType1DmaMap map, in IovaRange<Type1Mapping> found)
    {
        var mapping = found.Value;
        if (!mapping.IsVaddrInvalid || found.First != map.Iova || found.Last - found.First != map.Size - 1)
        {
            return Errno.EINVAL;
        }

        if (mapping.Memory != caller.Memory)
        {
            var result = Charge(caller, mapping.Pinned.LockedPages);
            if (result.IsError)
            {
                return result;
            }

            mapping.Memory.Locked.Uncharge(mapping.Pinned.LockedPages);
        }

        var old = mapping.Pinned;
        var isPinned = !caller.Memory
            .Pin(map.Vaddr, map.Size, (mapping.Access & DmaAccess.Write) != 0, out var pinned).IsError;
        // What was counted stays counted, whatever is at the new address.
        var now = isPinned ? pinned with { LockedPages = old.LockedPages } : old;
        mapping = mapping with { Memory = caller.Memory, Pinned = now, IsVaddrInvalid = false };
        _mappings.TryUpdate(found.First, mapping);
        _invalidVaddrs--;
        if (isPinned)
        {
            _space.Retarget(found.First, pinned.Source!, pinned.Offset);
            old.Source!.Release(old);
        }

        return SysResult.Success;
    }
}
