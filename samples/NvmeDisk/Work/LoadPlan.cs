namespace NvmeDisk.Work;

/// <summary>A load.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="ReadPercent">Of a mixed load, how many commands of a hundred read.</param>
/// <param name="Blocks">A command's logical blocks.</param>
/// <param name="First">The first block of the range.</param>
/// <param name="Count">The range's blocks, at least one command's.</param>
/// <param name="Commands">How many commands all queues do together; null for no limit.</param>
/// <param name="Duration">How long; null for no limit.</param>
/// <param name="Seed">The same seed gives the same blocks.</param>
internal sealed record LoadPlan(
    LoadKind Kind,
    int ReadPercent,
    int Blocks,
    ulong First,
    ulong Count,
    long? Commands,
    TimeSpan? Duration,
    int Seed)
{
    internal bool IsRandom => Kind is LoadKind.RandRead or LoadKind.RandWrite or LoadKind.RandRw;

    /// <summary>Of a hundred commands, how many read.</summary>
    internal int Reads => Kind switch
    {
        LoadKind.RandRead or LoadKind.Read => 100,
        LoadKind.RandWrite or LoadKind.Write => 0,
        _ => ReadPercent,
    };

    /// <summary>True where the namespace's data is overwritten.</summary>
    internal bool Writes => Reads < 100;
}
