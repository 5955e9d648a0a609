using Viaduct.Abi;

namespace Viaduct.Iommu.Iommufd;

/// <content>Unmapping: iopt_unmap_iova_range.</content>
internal sealed partial class Ioas
{
    /// <summary>Areas that are taken out before transfers are waited for and their memory is given back.</summary>
    private readonly IovaRange<IoasArea>[] _removed = new IovaRange<IoasArea>[64];
    private int _removedCount;

    /// <summary>Removes everything; an empty address space is fine.</summary>
    public SysResult UnmapAll(out ulong unmapped)
    {
        Unmap(0, ulong.MaxValue, out unmapped);
        return SysResult.Success;
    }

    /// <summary>Removes whole areas.</summary>
    /// <param name="first">The first address.</param>
    /// <param name="last">The last one.</param>
    /// <param name="unmapped">Bytes removed.</param>
    /// <returns>Zero, also where nothing is mapped there; ENOENT where an area reaches out of the range: those below it are gone
    /// then.</returns>
    public SysResult Unmap(ulong first, ulong last, out ulong unmapped)
    {
        unmapped = 0;
        var result = SysResult.Success;
        while (_areas.TryFindOverlap(first, last, out var entry))
        {
            if (entry.First < first || entry.Last > last)
            {
                result = Errno.ENOENT;
                break;
            }

            unmapped += entry.Last - entry.First + 1;
            if (entry.Last < last)
            {
                Remove(entry);
                continue;
            }

            // The last one, and nearly always the only one.
            _areas.TryRemove(entry.First, out _);
            Space.Unmap(entry.First);
            Finish(entry);
            break;
        }

        if (_removedCount > 0)
        {
            ReleaseRemoved();
        }

        return result;
    }

    /// <summary>Undoes a mapping of several areas.</summary>
    private void Remove(ulong first, ulong end)
    {
        if (end > first)
        {
            Unmap(first, end - 1, out _);
        }
    }

    private void Remove(in IovaRange<IoasArea> entry)
    {
        _areas.TryRemove(entry.First, out _);
        Space.UnmapDeferred(entry.First);
        _removed[_removedCount++] = entry;
        if (_removedCount == _removed.Length)
        {
            ReleaseRemoved();
        }
    }

    private void ReleaseRemoved()
    {
        Space.WaitForTransfers();
        foreach (ref readonly var area in _removed.AsSpan(0, _removedCount))
        {
            Finish(area);
        }

        _removed.AsSpan(0, _removedCount).Clear();
        _removedCount = 0;
    }

    /// <summary>No transfer uses it any more.</summary>
    private void Finish(in IovaRange<IoasArea> area)
    {
        Release(area);
        area.Value.Pages.Put();
        for (var i = 0; i < _logs.Count; i++)
        {
            _logs[i].Forget(area.First, area.Last);
        }
    }
}
