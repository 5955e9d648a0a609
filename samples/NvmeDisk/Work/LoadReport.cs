using System.Globalization;
using NvmeDisk.Nvme;
using Spectre.Console;

namespace NvmeDisk.Work;

/// <summary>A load's result as a table: a column each for reads and writes.</summary>
internal static class LoadReport
{
    private static readonly double[] s_percentiles = [50, 90, 99, 99.9, 99.99];

    internal static void Write(Load load, NvmeIoQueue[] queues, int blockSize)
    {
        var plan = load.Plan;
        Console.WriteLine(
            $"{NameOf(plan)}, {Screen.Bytes(blockSize)} a command, queues: {queues.Length}, commands under way in each: "
            + $"{queues[0].Depth}, {Screen.Time(load.Elapsed)}");
        (string Name, LatencyHistogram Latency)[] columns =
            [("read", load.Latency(reads: true)), ("write", load.Latency(reads: false))];
        columns = [.. columns.Where(static column => column.Latency.Count > 0)];
        var table = Screen.Table(["", .. columns.Select(static column => column.Name)]);
        Row("operations", static latency => latency.Count.ToString(CultureInfo.InvariantCulture));
        Row("a second (IOPS)", latency => Rate(latency).ToString("0", CultureInfo.InvariantCulture));
        Row("throughput", latency => $"{Screen.Bytes(Rate(latency) * blockSize)}/s");
        Row("latency: least", static latency => Screen.Time(latency.Least));
        Row("mean", static latency => Screen.Time(latency.Mean));
        foreach (var percent in s_percentiles)
        {
            Row($"{percent.ToString(CultureInfo.InvariantCulture)} %", latency => Screen.Time(latency.Percentile(percent)));
        }

        Row("most", static latency => Screen.Time(latency.Most));
        Screen.Out.Write(table);

        void Row(string name, Func<LatencyHistogram, string> cell) =>
            table.AddRow([name, .. columns.Select(column => cell(column.Latency))]);

        double Rate(LatencyHistogram latency) => latency.Count / load.Elapsed.TotalSeconds;
    }

    private static string NameOf(LoadPlan plan) => plan.Kind == LoadKind.RandRw
        ? $"randrw ({plan.ReadPercent} % reads)"
        : plan.Kind.ToString().ToLowerInvariant();
}
