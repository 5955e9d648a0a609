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

        var placed = isFixed
            ? Check(iova, length, isWhole: slices.Length == 1)
            : Allocate(slices[0].Address, length, out iova);
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
            found.Add(new IoasSlice(area.Value.Pages, area.Value.Address + (at - area.First), end - at + 1));
            if (end == last)
            {
                slices = [.. found];
                return SysResult.Success;
            }

            at = end + 1;
        }
    }

    /// <summary>iopt_check_iova.</summary>
    /// <param name="iova">The first address.</param>
    /// <param name="length">Bytes, above zero.</param>
    /// <param name="isWhole">It is to be one area: whether the place is free shows when that is added, before anything else is
    /// done.</param>
    private SysResult Check(ulong iova, ulong length, bool isWhole)
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

        return !isWhole && _areas.TryFindOverlap(iova, last, out _) ? Errno.EEXIST : SysResult.Success;
    }

    /// <summary>iopt_insert_area, and iopt_area_fill_domains where there are any.</summary>
    private SysResult Add(ClientTask caller, in IoasSlice slice, ulong iova, DmaAccess access)
    {
        var pin = _domains.Count > 0 ? slice.Pages.TakePin() : null;
        var area = new IoasArea(slice.Pages, slice.Address, access, pin);
        var last = iova + (slice.Length - 1);
        if (!_areas.TryAdd(iova, last, area))
        {
            return Errno.EEXIST;
        }

        SysResult result;
        if ((access & DmaAccess.Write) != 0 && !slice.Pages.IsWritable)
        {
            result = Errno.EPERM;
        }
        else if ((slice.Address & (Alignment - 1)) != 0)
        {
            result = Errno.EINVAL;
        }
        else
        {
            result = pin is null ? SysResult.Success : Fill(caller, iova, last, area);
        }

        if (result.IsError)
        {
            _areas.TryRemove(iova, out _);
            return result;
        }

        area.Pages.Get();
        return result;
    }

    /// <summary>What is mapped, each once for each area.</summary>
    public IEnumerable<IoasPages> AllPages()
    {
        for (var more = _areas.TryFindOverlap(0, ulong.MaxValue, out var entry); more;
            more = _areas.TryFindAfter(entry.First, out entry))
        {
            yield return entry.Value.Pages;
        }
    }

    private SysResult FillAll(ClientTask caller)
    {
        for (var more = _areas.TryFindOverlap(0, ulong.MaxValue, out var entry); more;
            more = _areas.TryFindAfter(entry.First, out entry))
        {
            var area = entry.Value with { Pin = entry.Value.Pages.TakePin() };
            var filled = Fill(caller, entry.First, entry.Last, area);
            if (filled.IsError)
            {
                UnfillBelow(entry.First);
                return filled;
            }

            _areas.TryUpdate(entry.First, area);
        }

        return SysResult.Success;
    }

    /// <summary>Locks an area's memory, counts it and makes it reachable. Its pin is not used yet, and is not if this
    /// fails.</summary>
    private SysResult Fill(ClientTask caller, ulong first, ulong last, in IoasArea area)
    {
        var end = area.Address + (last - first);
        var result = area.Pages.Hold(caller, area.Address, end, out var pinned);
        if (!result.IsError && area.Access == DmaAccess.None)
        {
            // Type1's clients may map so; the IOMMU's driver makes no entry that nobody may use.
            area.Pages.Drop(area.Address, end);
            pinned.Source!.Release(pinned);
            return Errno.EINVAL;
        }

        if (!result.IsError)
        {
            area.Pin!.Begin(pinned, area.Address, last - first + 1);
            Space.Map(first, last, pinned.Source!, pinned.Offset, area.Access);
        }

        return result;
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
            Release(entry);
            _areas.TryUpdate(entry.First, entry.Value with { Pin = null });
        }
    }

    private static void Release(in IovaRange<IoasArea> entry)
    {
        var area = entry.Value;
        if (area.Pin is { } pin)
        {
            area.Pages.Drop(area.Address, area.Address + (entry.Last - entry.First));
            pin.Put();
        }
    }
}
