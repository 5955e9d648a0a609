namespace Viaduct.Kills;

/// <summary>A command that is under way.</summary>
/// <param name="blocks">Blocks of the disk.</param>
internal sealed class WriterSlot(int blocks)
{
    internal bool IsFlush { get; set; }

    /// <summary>Of a flush: what was done when it began.</summary>
    internal long[] DoneBefore { get; } = new long[blocks];

    internal int First { get; set; }

    internal int Count { get; set; }

    internal long Number { get; set; }

    /// <summary>FUA.</summary>
    internal bool IsDurable { get; set; }
}
