using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Viaduct.Cli.Output;
using Viaduct.Cli.Tce;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct tce replay</c>.</summary>
internal static class TceCommand
{
    private const string StandardInput = "-";
    private static readonly byte[] s_xz = [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z'];

    public static Command Create()
    {
        var trace = new Argument<string>("TRACE")
        {
            Description = "A log of QEMU's trace events spapr_iommu_* (qemu-system-ppc64 -trace 'spapr_iommu_*' -D LOG); '-' for standard input.",
        };
        var replay = new Command(
            "replay",
            "Replay the TCE hypercalls of a guest, as QEMU recorded them, through KVM's fast handler, its slow one and the exit to a VMM. Each must give the "
                + "recorded return codes and leave the recorded tables; then it is measured.")
        {
            trace,
        };
        replay.SetAction(result => Replay(result.GetValue(trace)!));
        return new Command("tce", "POWER's translation control entries: what guests did with them.") { replay };
    }

    private static int Replay(string path)
    {
        TceTrace? trace;
        string? error;
        try
        {
            using var stream = path == StandardInput ? Console.OpenStandardInput() : File.OpenRead(path);
            if (stream.CanSeek && IsCompressed(stream))
            {
                return ErrorText.Write($"{path} is compressed.", $"fix: xz -dc {path} | viaduct tce replay -");
            }

            using var reader = new StreamReader(stream);
            trace = TceTrace.Read(reader, out error);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return ErrorText.Write($"{path} cannot be read.", $"why: {failure.Message}");
        }

        return trace is null
            ? ErrorText.Write($"{path} is no trace that can be replayed.", $"why: {error}", "fix: record one with -trace 'spapr_iommu_*' -D LOG")
            : Replay(trace);
    }

    private static bool IsCompressed(Stream stream)
    {
        Span<byte> first = stackalloc byte[s_xz.Length];
        var isCompressed = stream.ReadAtLeast(first, first.Length, throwOnEndOfStream: false) == first.Length && first.SequenceEqual(s_xz);
        stream.Position = 0;
        return isCompressed;
    }

    private static int Replay(TceTrace trace)
    {
        var screen = Screen.Output();
        var replay = new TceReplay(trace);
        var outcomes = new List<ReplayOutcome>();
        Screen.Error().Status().Start("replaying ...", status =>
        {
            foreach (var stage in Enum.GetValues<ReplayStage>())
            {
                status.Status($"replaying {trace.Calls.Count.ToString("N0", CultureInfo.InvariantCulture)} calls: {NameOf(stage)} ...");
                outcomes.Add(replay.Run(stage));
            }
        });
        foreach (var window in trace.Windows)
        {
            var hardware = ReplayMachine.HasHardware(window) ? "" : "; no hardware's table, whose pages must not exceed 64 KiB";
            screen.WriteLine($"LIOBN 0x{window.Liobn:x}: {Size(window.Size)} at 0x{window.Start:x}, pages of {Size(1UL << window.PageShift)}{hardware}");
        }

        Write(screen, outcomes);
        var differences = outcomes.SelectMany(o => o.Differences.Select(d => $"{NameOf(o.Stage)}: {d}")).ToList();
        foreach (var difference in differences)
        {
            screen.WriteLine($"DIFFERS  {difference}");
        }

        screen.WriteLine(differences.Count == 0
            ? "Every return code and the tables at the end are as they were recorded, in every stage."
            : "The replay differs from the recording.");
        return differences.Count == 0 ? ExitCodes.Success : ExitCodes.Failed;
    }

    private static void Write(IAnsiConsole screen, List<ReplayOutcome> outcomes)
    {
        var exit = outcomes.Single(o => o.Stage == ReplayStage.Exit).EntriesPerSecond;
        var table = new Table().RoundedBorder()
            .AddColumn("stage")
            .AddColumn(new TableColumn("calls/s").RightAligned())
            .AddColumn(new TableColumn("TCEs/s").RightAligned())
            .AddColumn(new TableColumn("against the exit").RightAligned())
            .AddColumn(new TableColumn("answered by fast / slow / VMM").RightAligned());
        foreach (var outcome in outcomes)
        {
            table.AddRow(
                NameOf(outcome.Stage),
                Number(outcome.CallsPerSecond),
                Number(outcome.EntriesPerSecond),
                string.Create(CultureInfo.InvariantCulture, $"{outcome.EntriesPerSecond / exit:0.0} x"),
                outcome.Stage == ReplayStage.Direct ? "nobody" : $"{Number(outcome.Fast)} / {Number(outcome.Slow)} / {Number(outcome.Exits)}");
        }

        screen.Write(table);
    }

    private static string Number(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Size(ulong bytes) => bytes < 1 << 20 ? $"{bytes >> 10} KiB" : $"{bytes >> 20} MiB";

    private static string NameOf(ReplayStage stage) => stage switch
    {
        ReplayStage.Direct => "table only",
        ReplayStage.Fast => "fast handler",
        ReplayStage.Slow => "slow handler",
        _ => "exit, in process",
    };
}
