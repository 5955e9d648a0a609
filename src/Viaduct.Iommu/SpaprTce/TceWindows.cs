namespace Viaduct.Iommu.SpaprTce;

/// <summary>The windows of a container as its devices see them. One thread at a time changes which there are.</summary>
internal sealed class TceWindows : IPageTableWalk
{
    /// <summary>IOMMU_TABLE_GROUP_MAX_TABLES.</summary>
    public const int Max = 2;

    // Entries that lead to one stretch of memory are one translation, up to this many.
    private const ulong MaxRun = 16;

    private volatile TceTable?[] _tables = new TceTable?[Max];

    /// <summary>The table of a slot, or null.</summary>
    public TceTable? this[int number]
    {
        get => _tables[number];
        set
        {
            var tables = (TceTable?[])_tables.Clone();
            tables[number] = value;
            _tables = tables;
        }
    }

    /// <summary>tce_iommu_find_table.</summary>
    /// <returns>The slot, or less than zero.</returns>
    public int Find(ulong address)
    {
        var tables = _tables;
        for (var number = 0; number < tables.Length; number++)
        {
            if (tables[number] is { } table && table.Window.TryIndex(address, out _))
            {
                return number;
            }
        }

        return -1;
    }

    /// <inheritdoc/>
    public bool TryWalk(ulong iova, ref TranslationCache found)
    {
        foreach (var table in _tables)
        {
            if (table is not null && table.Window.TryIndex(iova, out var index))
            {
                return TryWalk(table, index, iova, ref found);
            }
        }

        return false;
    }

    private static bool TryWalk(TceTable table, ulong index, ulong iova, ref TranslationCache found)
    {
        var entry = table.Get(index);
        var address = entry & ~Tce.Permissions;
        var size = table.Window.PageSize;
        if ((entry & Tce.Permissions) == 0 || !table.Memory!.TryFind(address, size, out var region))
        {
            return false;
        }

        found.First = iova & ~(size - 1);
        found.Last = found.First + (size - 1);
        for (var next = 1UL; next < MaxRun && index + next < table.Window.Pages; next++)
        {
            if (table.Get(index + next) != entry + (next << table.Window.PageShift)
                || !region!.Contains(address, (next + 1) << table.Window.PageShift))
            {
                break;
            }

            found.Last += size;
        }

        found.Source = region!.Pinned.Source;
        found.Offset = region.Pinned.Offset + (address - region.Address);
        found.Access = Tce.AccessOf(entry);
        return true;
    }
}
