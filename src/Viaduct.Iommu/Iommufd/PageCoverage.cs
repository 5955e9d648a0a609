namespace Viaduct.Iommu.Iommufd;

/// <summary>
/// Which bytes of one mapped memory are held, and how often: a page that is held twice counts once. Nearly always all of it is
/// held once, which costs no allocation. A mutable struct: a field, never copied.
/// </summary>
internal struct PageCoverage
{
    private IovaMap<int>? _counts;
    private ulong _first;
    private ulong _last;
    private bool _isHeld;

    /// <summary>Holds a range, both ends included.</summary>
    /// <returns>Bytes of it that were not held before.</returns>
    public ulong Add(ulong first, ulong last)
    {
        if (_counts is null)
        {
            if (!_isHeld)
            {
                (_first, _last, _isHeld) = (first, last, true);
                return last - first + 1;
            }

            _counts = CountsOfTheOne();
        }

        var added = 0UL;
        for (var at = first; ;)
        {
            ulong end;
            if (_counts.TryFind(at, out _))
            {
                end = Isolate(_counts, at, last, out var count);
                _counts.TryUpdate(at, count + 1);
            }
            else
            {
                end = _counts.TryFindAfter(at, out var next) ? Math.Min(last, next.First - 1) : last;
                _counts.TryAdd(at, end, 1);
                added += end - at + 1;
            }

            if (end == last)
            {
                return added;
            }

            at = end + 1;
        }
    }

    /// <summary>Undoes <see cref="Add"/> for a range all of which is held.</summary>
    /// <returns>Bytes of it that are not held any more.</returns>
    public ulong Remove(ulong first, ulong last)
    {
        if (_counts is null)
        {
            if (first == _first && last == _last)
            {
                _isHeld = false;
                return last - first + 1;
            }

            _counts = CountsOfTheOne();
        }

        var removed = 0UL;
        for (var at = first; ;)
        {
            var end = Isolate(_counts, at, last, out var count);
            if (count > 1)
            {
                _counts.TryUpdate(at, count - 1);
            }
            else
            {
                _counts.TryRemove(at, out _);
                removed += end - at + 1;
            }

            if (end == last)
            {
                return removed;
            }

            at = end + 1;
        }
    }

    private readonly IovaMap<int> CountsOfTheOne()
    {
        var counts = new IovaMap<int>();
        counts.TryAdd(_first, _last, 1);
        return counts;
    }

    /// <summary>Cuts the entry that holds an address, so that one begins there and reaches no further than asked.</summary>
    /// <returns>Its last byte.</returns>
    private static ulong Isolate(IovaMap<int> counts, ulong first, ulong last, out int count)
    {
        counts.TryFind(first, out var entry);
        count = entry.Value;
        if (entry.First < first)
        {
            counts.TrySplit(first, count);
        }

        if (entry.Last <= last)
        {
            return entry.Last;
        }

        counts.TrySplit(last + 1, count);
        return last;
    }
}
