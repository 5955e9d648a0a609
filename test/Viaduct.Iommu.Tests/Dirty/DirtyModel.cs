namespace Viaduct.Iommu.Tests;

/// <summary>Two page tables of one address space of 32 pages, which are mapped in pieces of 8: sets of page numbers.</summary>
internal sealed class DirtyModel
{
    public const int Pages = 32, PieceSize = 8, Tables = 2;

    private readonly bool[] _mapped = [true, true, true, true];
    private readonly bool[] _on = new bool[Tables];
    private readonly HashSet<int>[] _dirty = [[], []];

    public int Attached { get; set; }

    public bool IsMapped(int page) => page < Pages && _mapped[page / PieceSize];

    /// <summary>Bytes from an offset on that can be reached without a gap, at most a number.</summary>
    public int Reach(int offset, int length)
    {
        var done = 0;
        while (done < length && IsMapped((offset + done) / 4096))
        {
            done = Math.Min(length, (((offset + done) / 4096) + 1) * 4096 - offset);
        }

        return done;
    }

    public void Write(int offset, int length)
    {
        for (var page = offset / 4096; length > 0 && page <= (offset + length - 1) / 4096 && _on[Attached]; page++)
        {
            _dirty[Attached].Add(page);
        }
    }

    public void Start(int table)
    {
        _on[table] = true;
        _dirty[table].Clear();
    }

    public void Stop(int table) => _on[table] = false;

    /// <returns>True where the piece is mapped now.</returns>
    public bool Toggle(int piece)
    {
        _mapped[piece] = !_mapped[piece];
        Array.ForEach(_dirty, d => d.RemoveWhere(page => page / PieceSize == piece));
        return _mapped[piece];
    }

    /// <summary>The bits of a bitmap whose bits stand for so many bytes.</summary>
    public int[] Ask(int table, int first, int count, int pageSize, bool clears)
    {
        var bits = new SortedSet<int>();
        for (var page = first; page < first + count && IsMapped(page); page++)
        {
            if (!_dirty[table].Contains(page))
            {
                continue;
            }

            for (var at = (page - first) * 4096; at < (page - first + 1) * 4096; at += Math.Min(pageSize, 4096))
            {
                bits.Add(at / pageSize);
            }

            if (clears)
            {
                _dirty[table].Remove(page);
            }
        }

        return [.. bits];
    }
}
