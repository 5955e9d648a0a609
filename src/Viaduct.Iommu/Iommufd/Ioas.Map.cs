using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <content>Mapping and locking: drivers/iommu/iommufd/io_pagetable.c and pages.c.</content>
internal sealed partial class Ioas
{
    /// <summary>A bound on what a hostile client makes us remember; the kernel charges areas to its cgroup.</summary>
    private const int MostAreas = 1 << 20;

    /// <summary>iopt_map_pages.</summary>
    /// <param name="caller">Who pays.</param>
    /// <param name="slices">What to map, one behind the other.</param>
    /// <param name="length">The slices' bytes together.</param>
    /// <param name="access">What devices may do.</param>
    /// <param name="isFixed">Map at <paramref name="iova"/>; otherwise find room.</param>
    /// <param name="iova">In or out: the first address.</param>
    public SysResult Map(
        ClientTask caller, ReadOnlySpan<IoasSlice> slices, ulong length, DmaAccess access, bool isFixed, ref ulong iova)
    {
        if (length > ulong.MaxValue - PageSize || (length & (Alignment - 1)) != 0)
        {
            return Errno.EINVAL;
        }

        var placed = isFixed ? Check(iova, length) : Allocate(slices[0].Address, length, out iova);
        if (placed.IsError)
        {
            return placed;
        }

        if (_areas.Count + slices.Length > MostAreas)
        {
            return Errno.ENOMEM;
        }

        var at = iova;
        foreach (var slice in slices)
        {
            var added = Add(caller, slice, at, access);
            if (added.IsError)
            {
                Remove(iova, at);
                return added;
            }

            at += slice.Length;
        }

        return SysResult.Success;
    }

    /// <summary>iopt_get_pages: what is mapped there without a gap.</summary>
    public SysResult GetSlices(ulong iova, ulong length, out IoasSlice[] slices)
    {
        slices = [];
        if (length == 0)
        {
            return Errno.EINVAL;
        }

        var last = iova + (length - 1);
        if (last < iova)
        {
            return Errno.EOVERFLOW;
        }

        List<IoasSlice> found = [];
        for (var at = iova; ;)
        {
            if (!_areas.TryFind(at, out var area))
            {
                return Errno.ENOENT;
            }

            var end = Math.Min(area.Last, last);
            found.Add(new IoasSlice(
                area.Value.Memory, area.Value.Address + (at - area.First), end - at + 1, area.Value.IsWritable));
            if (end == last)
            {
                slices = [.. found];
                return SysResult.Success;
            }

            at = end + 1;
        }
    }

    /// <summary>iopt_check_iova.</summary>
    private SysResult Check(ulong iova, ulong length)
    {
        if ((iova & (Alignment - 1)) != 0)
        {
            return Errno.EINVAL;
        }

        var last = iova + (length - 1);
        if (last < iova)
        {
            return Errno.EOVERFLOW;
        }

        if (TryFindReserved(iova, last, out _))
        {
            return Errno.EINVAL;
        }

        return _areas.TryFindOverlap(iova, last, out _) ? Errno.EEXIST : SysResult.Success;
    }

    /// <summary>iopt_insert_area, and iopt_area_fill_domains where there are any.</summary>
    private SysResult Add(ClientTask caller, in IoasSlice slice, ulong iova, DmaAccess access)
    {
        if ((access & DmaAccess.Write) != 0 && !slice.IsWritable)
        {
            return Errno.EPERM;
        }

        if ((slice.Address & (Alignment - 1)) != 0)
        {
            return Errno.EINVAL;
        }

        var area = new IoasArea(slice.Memory, slice.Address, slice.IsWritable, access, default);
        var last = iova + (slice.Length - 1);
        if (_domains.Count > 0)
        {
            var filled = Fill(caller, iova, last, ref area);
            if (filled.IsError)
            {
                return filled;
            }
        }

        _areas.TryAdd(iova, last, area);
        return SysResult.Success;
    }

    private SysResult FillAll(ClientTask caller)
    {
        for (var more = _areas.TryFindOverlap(0, ulong.MaxValue, out var entry); more;
            more = _areas.TryFindAfter(entry.First, out entry))
        {
            var area = entry.Value;
            var filled = Fill(caller, entry.First, entry.Last, ref area);
            if (filled.IsError)
            {
                UnfillBelow(entry.First);
                return filled;
            }

            _areas.TryUpdate(entry.First, area);
        }

        return SysResult.Success;
    }

    /// <summary>Locks an area's memory, counts it and makes it reachable.</summary>
    private SysResult Fill(ClientTask caller, ulong first, ulong last, ref IoasArea area)
    {
        var size = last - first + 1;
        var result = area.Memory.Pin(area.Address, size, area.IsWritable, out var pinned);
        if (result.IsError)
        {
            return result;
        }

        // Not counted: a device's memory, which iommufd, unlike type1, does not take.
        if (pinned.LockedPages != size / PageSize)
        {
            pinned.Source!.Release(pinned);
            return Errno.EFAULT;
        }

        result = Charge(caller, area.Memory.Locked, pinned.LockedPages);
        if (result.IsError)
        {
            pinned.Source!.Release(pinned);
            return result;
        }

        area = area with { Pinned = pinned };
        Space.Map(first, last, pinned.Source!, pinned.Offset, area.Access);
        return SysResult.Success;
    }

    /// <summary>Capabilities are asked for only where the limit does not do: that may cost a system call.</summary>
    private static SysResult Charge(ClientTask caller, LockedMemory locked, ulong pages)
    {
        var limit = caller.MemlockLimitPages;
        var capable = locked.Pages + pages > limit && caller.IsCapable(Capability.IpcLock);
        return locked.Charge(pages, limit, capable);
    }

    /// <summary>Gives back the memory of the areas below an address, or of all; they stay mapped.</summary>
    private void UnfillBelow(ulong? limit)
    {
        for (var more = _areas.TryFindOverlap(0, ulong.MaxValue, out var entry);
            more && (limit is null || entry.First < limit);
            more = _areas.TryFindAfter(entry.First, out entry))
        {
            Space.UnmapDeferred(entry.First);
        }

        Space.WaitForTransfers();
        for (var more = _areas.TryFindOverlap(0, ulong.MaxValue, out var entry);
            more && (limit is null || entry.First < limit);
            more = _areas.TryFindAfter(entry.First, out entry))
        {
            Release(entry.Value);
            _areas.TryUpdate(entry.First, entry.Value with { Pinned = default });
        }
    }

    private static void Release(in IoasArea area)
    {
        if (area.Pinned.Source is { } source)
        {
            area.Memory.Locked.Uncharge(area.Pinned.LockedPages);
            source.Release(area.Pinned);
        }
    }
}
