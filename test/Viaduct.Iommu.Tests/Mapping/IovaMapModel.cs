namespace Viaduct.Iommu.Tests;

/// <summary>What an IovaMap must do, as a list that is searched from end to end.</summary>
internal sealed class IovaMapModel
{
    private readonly List<IovaRange<int>> _entries = [];

    public int Count => _entries.Count;

    public IEnumerable<IovaRange<int>> Entries => _entries.OrderBy(entry => entry.First);

    public bool TryAdd(ulong first, ulong last, int value)
    {
        if (_entries.Exists(entry => entry.First <= last && entry.Last >= first))
        {
            return false;
        }

        _entries.Add(new IovaRange<int>(first, last, value));
        return true;
    }

    public bool Split(ulong at, int value)
    {
        var index = _entries.FindIndex(entry => entry.First < at && entry.Last >= at);
        if (index < 0)
        {
            return false;
        }

        var whole = _entries[index];
        _entries[index] = whole with { Last = at - 1 };
        _entries.Add(new IovaRange<int>(at, whole.Last, value));
        return true;
    }

    public bool Remove(ulong first) => _entries.RemoveAll(entry => entry.First == first) > 0;

    public ulong? Nth(ulong n) => _entries.Count == 0 ? null : _entries[(int)(n % (ulong)_entries.Count)].First;

    public IovaRange<int>? FindOverlap(ulong first, ulong last)
        => Lowest(entry => entry.First <= last && entry.Last >= first);

    public IovaRange<int>? FindAfter(ulong address) => Lowest(entry => entry.First > address);

    private IovaRange<int>? Lowest(Func<IovaRange<int>, bool> matches)
    {
        IovaRange<int>? lowest = null;
        foreach (var entry in _entries.Where(matches))
        {
            lowest = lowest is { } known && known.First < entry.First ? known : entry;
        }

        return lowest;
    }
}
