namespace Viaduct.Iommu.SpaprTce;

/// <summary>A range of bus addresses that devices may use, and the table that translates it.</summary>
/// <param name="PageShift">log2 of its pages' bytes, 12 to 34.</param>
/// <param name="Start">The first bus address: a multiple of its pages.</param>
/// <param name="Pages">How many pages; above zero.</param>
public readonly record struct TceWindow(int PageShift, ulong Start, ulong Pages)
{
    /// <summary>Levels of the table: 1 is flat.</summary>
    public uint Levels { get; init; } = 1;

    /// <summary>Bytes of the table that count against RLIMIT_MEMLOCK.</summary>
    public ulong TableBytes { get; init; }

    /// <summary>Bytes of a page.</summary>
    public ulong PageSize => 1UL << PageShift;

    /// <summary>Bytes of the window; zero where that is 2^64.</summary>
    public ulong Size => Pages << PageShift;

    /// <summary>Finds an address's page: the window's limits of tce_iommu_find_table, which do not ask for alignment.</summary>
    /// <param name="address">A bus address.</param>
    /// <param name="index">Pages from the start.</param>
    public bool TryIndex(ulong address, out ulong index)
    {
        index = (address >> PageShift) - (Start >> PageShift);
        return index < Pages;
    }
}
