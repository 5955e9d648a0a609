using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

/// <summary>
/// What map and unmap must do, told with a page table of 32 entries: the last 8 stand for the top of the address space.
/// </summary>
internal sealed class Type1Model(bool isV2, int limit)
{
    public const int Pages = 32;
    private const int Top = 8;

    private readonly Entry?[] _pages = new Entry?[Pages];

    public int Count => Mapped().Count();

    public static ulong Address(int page)
        => page < Pages - Top ? (ulong)page << 12 : ulong.MaxValue - ((ulong)(Pages - page) << 12) + 1;

    public Errno Map(int first, int count, int access)
    {
        if (count == 0)
        {
            return Errno.EINVAL;
        }

        if (first + count > Pages)
        {
            return Errno.EOVERFLOW;
        }

        if (access == 0)
        {
            return Errno.EINVAL;
        }

        var range = _pages.AsSpan(first, count);
        if (range.ContainsAnyExcept((Entry?)null))
        {
            return Errno.EEXIST;
        }

        if (Count == limit)
        {
            return Errno.ENOSPC;
        }

        range.Fill(new Entry(first, count, access));
        return Errno.None;
    }

    public Errno UpdateVaddr(int first, int count)
    {
        if (count == 0)
        {
            return Errno.EINVAL;
        }

        if (first + count > Pages)
        {
            return Errno.EOVERFLOW;
        }

        if (!_pages.AsSpan(first, count).ContainsAnyExcept((Entry?)null))
        {
            return Errno.ENOENT;
        }

        if (_pages[first] is not { IsInvalid: true } entry || entry.First != first || entry.Count != count)
        {
            return Errno.EINVAL;
        }

        entry.IsInvalid = false;
        return Errno.None;
    }

    public (Errno Error, int Pages) Unmap(int first, int count, bool all, bool vaddr)
    {
        if (!all && count == 0)
        {
            return (Errno.EINVAL, 0);
        }

        if (!all && first + count > Pages)
        {
            return (Errno.EOVERFLOW, 0);
        }

        var (from, to) = all ? (0, Pages - 1) : (first, first + count - 1);
        if (isV2 && !all && (_pages[from] is { } low && low.First != from || _pages[to] is { } high && high.Last != to))
        {
            return (Errno.EINVAL, 0);
        }

        if (_pages[from] is { } cut && cut.First < from)
        {
            return (Errno.None, 0);
        }

        var hit = Mapped().Where(entry => entry.First >= from && entry.First <= to).ToList();
        if (vaddr && hit.Exists(entry => entry.IsInvalid))
        {
            return (Errno.EINVAL, 0);
        }

        foreach (var entry in hit)
        {
            entry.IsInvalid = true;
            if (!vaddr)
            {
                _pages.AsSpan(entry.First, entry.Count).Clear();
            }
        }

        return (Errno.None, hit.Sum(entry => entry.Count));
    }

    public bool Allows(int page, int access) => _pages[page] is { } entry && (entry.Access & access) == access;

    private IEnumerable<Entry> Mapped() => _pages.OfType<Entry>().Distinct();

    private sealed class Entry(int first, int count, int access)
    {
        public int First { get; } = first;

        public int Count { get; } = count;

        public int Last => First + Count - 1;

        public int Access { get; } = access;

        public bool IsInvalid { get; set; }
    }
}
