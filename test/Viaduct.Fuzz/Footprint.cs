using System.Globalization;

namespace Viaduct.Fuzz;

/// <summary>What a supervisor holds of its host at one moment.</summary>
/// <param name="Descriptors">Open files, but for the assemblies that the runtime loads as it goes.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Mappings">Areas of its address space.</param>
/// <param name="ResidentKiB">Resident memory.</param>
internal readonly record struct Footprint(int Descriptors, int Threads, int Mappings, long ResidentKiB)
{
    // The runtime grows a little by itself: pool threads, code, heap segments. A leak of one a client is far beyond soon.
    private static readonly Footprint s_slack = new(4, 4, 96, 96 * 1024);

    public static Footprint Of(int process) => new(
        Targets(process).Count(t => !t.EndsWith(".dll", StringComparison.Ordinal)),
        Directory.GetDirectories(Path(process, "task")).Length,
        File.ReadLines(Path(process, "maps")).Count(),
        Resident(process));

    /// <summary>Says what has grown beyond the baseline; null where nothing has.</summary>
    public string? Exceeds(Footprint baseline)
        => Descriptors > baseline.Descriptors + s_slack.Descriptors ? "descriptors"
            : Threads > baseline.Threads + s_slack.Threads ? "threads"
            : Mappings > baseline.Mappings + s_slack.Mappings ? "mappings"
            : ResidentKiB > baseline.ResidentKiB + s_slack.ResidentKiB ? "resident memory"
            : null;

    /// <summary>What the descriptors refer to, alike ones together.</summary>
    public static string Describe(int process) => string.Join('\n', Targets(process)
        .Select(t => string.Concat(t.Where(c => !char.IsAsciiDigit(c))))
        .CountBy(t => t)
        .OrderByDescending(t => t.Value)
        .Take(12)
        .Select(t => $"  {t.Value,5} {t.Key}"));

    private static IEnumerable<string> Targets(int process) => Directory.GetFileSystemEntries(Path(process, "fd"))
        .Select(link => new FileInfo(link).LinkTarget ?? "(closed meanwhile)");

    private static long Resident(int process) => long.Parse(
        File.ReadLines(Path(process, "status")).First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal))
            .AsSpan(6).TrimEnd("kB").Trim(),
        CultureInfo.InvariantCulture);

    private static string Path(int process, string name)
        => string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/{name}");
}
