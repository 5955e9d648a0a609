namespace Viaduct.Cli.Tce;

/// <summary>What a stage made of a trace.</summary>
/// <param name="Stage">Who answered.</param>
/// <param name="Calls">Calls that were made.</param>
/// <param name="Entries">TCEs that they were of.</param>
/// <param name="Seconds">How long it took, all rounds together.</param>
/// <param name="Rounds">How often the trace was replayed for it.</param>
internal sealed record ReplayOutcome(ReplayStage Stage, long Calls, long Entries, double Seconds, int Rounds)
{
    /// <summary>Calls that the fast handler answered.</summary>
    public long Fast { get; init; }

    /// <summary>Calls that the slow one answered.</summary>
    public long Slow { get; init; }

    /// <summary>Calls that went to the VMM.</summary>
    public long Exits { get; init; }

    /// <summary>What did not agree with the recording; the first few.</summary>
    public required IReadOnlyList<string> Differences { get; init; }

    /// <summary>Hypercalls a second.</summary>
    public double CallsPerSecond => Calls * Rounds / Seconds;

    /// <summary>TCEs a second.</summary>
    public double EntriesPerSecond => Entries * Rounds / Seconds;
}
