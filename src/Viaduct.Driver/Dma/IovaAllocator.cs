namespace Viaduct.Driver;

/// <summary>
/// Hands out I/O virtual addresses: the lowest that fit, so that devices with few address bits find some. Address 0 is
/// never handed out unless it is asked for by <see cref="TryReserve"/>, since devices take 0 for "no address".
/// Not thread safe: <see cref="DmaSpace"/> holds the lock.
/// </summary>
internal sealed class IovaAllocator
{
    // Ascending, disjoint and not adjacent.
    private readonly List<IovaRange> _free = [];
    private List<IovaRange> _usable;

    /// <param name="usable">What the IOMMU translates; any order.</param>
    /// <param name="pageSize">Its smallest page, a power of two.</param>
    internal IovaAllocator(IEnumerable<IovaRange> usable, ulong pageSize)
    {
        PageSize = pageSize;
        _usable = Align(usable);
        _free.AddRange(_usable);
    }

    internal ulong PageSize { get; }

    internal IReadOnlyList<IovaRange> Usable => _usable;

    /// <summary>Takes a free range.</summary>
    /// <param name="size">Bytes, a multiple of the page size above zero.</param>
    /// <param name="alignment">A power of two; less than a page counts as a page.</param>
    /// <param name="last">The highest address that the range may contain.</param>
    /// <param name="first">The range's start.</param>
    /// <returns>False where nothing fits.</returns>
    internal bool TryAllocate(ulong size, ulong alignment, ulong last, out ulong first)
    {
        alignment = Math.Max(alignment, PageSize);
        foreach (var range in _free)
        {
            var low = Math.Max(range.First, PageSize);
            first = unchecked(low + (alignment - 1)) & ~(alignment - 1);
            var end = Math.Min(range.Last, last);

            // An align-up that wrapped is below low.
            if (first >= low && first <= end && end - first >= size - 1)
            {
                Take(new IovaRange(first, first + (size - 1)));
                return true;
            }
        }

        first = 0;
        return false;
    }

    /// <summary>Takes a range of the caller's choice.</summary>
    /// <returns>False where part of it is taken, unusable or past the end of the space.</returns>
    internal bool TryReserve(ulong first, ulong size)
    {
        var last = unchecked(first + (size - 1));
        var at = FindAtOrBelow(first);
        if (size == 0 || last < first || at < 0 || _free[at].Last < last)
        {
            return false;
        }

        Take(new IovaRange(first, last));
        return true;
    }

    /// <summary>Gives back what one of the others took.</summary>
    internal void Release(ulong first, ulong size)
    {
        foreach (var part in Intersect([new IovaRange(first, first + (size - 1))], _usable))
        {
            Insert(part);
        }
    }

    /// <summary>Narrows the usable ranges, as a further device behind another IOMMU does. Ranges in use stay
    /// so.</summary>
    internal void Restrict(IEnumerable<IovaRange> usable)
    {
        _usable = Intersect(_usable, Align(usable));
        var free = Intersect(_free, _usable);
        _free.Clear();
        _free.AddRange(free);
    }

    private static List<IovaRange> Intersect(List<IovaRange> left, List<IovaRange> right)
    {
        List<IovaRange> result = [];
        for (int i = 0, j = 0; i < left.Count && j < right.Count;)
        {
            var first = Math.Max(left[i].First, right[j].First);
            var last = Math.Min(left[i].Last, right[j].Last);
            if (first <= last)
            {
                result.Add(new IovaRange(first, last));
            }

            if (left[i].Last < right[j].Last)
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        return result;
    }

    // Whole pages only, ascending; what overlaps or touches becomes one.
    private List<IovaRange> Align(IEnumerable<IovaRange> ranges)
    {
        var mask = PageSize - 1;
        List<IovaRange> result = [];
        foreach (var range in ranges.OrderBy(static range => range.First))
        {
            var first = unchecked(range.First + mask) & ~mask;
            var end = unchecked(range.Last + 1) & ~mask;
            var last = unchecked(end - 1);
            var endIsTop = range.Last == ulong.MaxValue;
            if (first < range.First || (end == 0 && !endIsTop) || first > last)
            {
                continue;
            }

            if (result.Count > 0 && (result[^1].Last == ulong.MaxValue || first <= result[^1].Last + 1))
            {
                result[^1] = result[^1] with { Last = Math.Max(result[^1].Last, last) };
            }
            else
            {
                result.Add(new IovaRange(first, last));
            }
        }

        return result;
    }

    // The free range that starts at or below the address; -1 for none.
    private int FindAtOrBelow(ulong address)
    {
        int low = 0, high = _free.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_free[middle].First <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    private void Take(IovaRange taken)
    {
        var at = FindAtOrBelow(taken.First);
        var range = _free[at];
        _free.RemoveAt(at);
        if (taken.Last < range.Last)
        {
            _free.Insert(at, new IovaRange(taken.Last + 1, range.Last));
        }

        if (taken.First > range.First)
        {
            _free.Insert(at, new IovaRange(range.First, taken.First - 1));
        }
    }

    private void Insert(IovaRange range)
    {
        var at = FindAtOrBelow(range.First) + 1;
        if (at < _free.Count && range.Last != ulong.MaxValue && range.Last + 1 == _free[at].First)
        {
            range = range with { Last = _free[at].Last };
            _free.RemoveAt(at);
        }

        if (at > 0 && _free[at - 1].Last + 1 == range.First)
        {
            _free[at - 1] = _free[at - 1] with { Last = range.Last };
        }
        else
        {
            _free.Insert(at, range);
        }
    }
}
