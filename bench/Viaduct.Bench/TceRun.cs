using System.Diagnostics;
using System.Globalization;
using Viaduct.Kvm;

namespace Viaduct.Bench;

/// <summary>
/// --tce TURNS: hypercalls for a DMA window, by the fast path and by an exit to a VMM (<see cref="ExitVmm"/>); nanoseconds a call. The
/// floor of the fast path is tce-floor.c, which says what is done in which order; that of the ratio between the two is the exit. A line each:
/// name, floor ns, ours ns, -, bytes that ours allocates.
/// </summary>
internal static class TceRun
{
    private const int Set = TceBenchMachine.Set;
    private const int Rounds = 64;
    private static readonly string[] s_phases = ["put", "replace", "stuff", "indirect"];
    private static readonly int[] s_calls = [Set, Set, Set / Hcall.MaxIndirect, Set / Hcall.MaxIndirect];

    /// <returns>0, or 2 where the arguments are wrong.</returns>
    public static int Run(string[] args)
    {
        if (args.Length != 1 || !int.TryParse(args[0], NumberStyles.None, CultureInfo.InvariantCulture, out var turns) || turns is < 1 or > 10_000)
        {
            Console.Error.WriteLine("usage: Viaduct.Bench --tce TURNS");
            return 2;
        }

        foreach (var pages in (int[])[1 << 12, 1 << 18, 1 << 24])
        {
            using var machine = new TceBenchMachine((ulong)pages);
            var fast = Measure(machine, HypercallStage.Fast, turns, Rounds);
            for (var phase = 0; phase < s_phases.Length; phase++)
            {
                Print($"tce-{s_phases[phase]}-{pages}", null, fast.Times[phase], fast.Bytes);
            }

            if (pages == 1 << 18)
            {
                machine.SwitchOff();
                var exit = Measure(machine, HypercallStage.Vmm, turns, Rounds / 16);
                for (var phase = 0; phase < s_phases.Length; phase++)
                {
                    Print($"tce-exit-{s_phases[phase]}", exit.Times[phase], fast.Times[phase], fast.Bytes);
                }
            }
        }

        return 0;
    }

    private static (double[] Times, double Bytes) Measure(TceBenchMachine machine, HypercallStage by, int turns, int rounds)
    {
        var times = new double[s_phases.Length][];
        for (var phase = 0; phase < times.Length; phase++)
        {
            times[phase] = new double[turns];
        }

        var sum = new long[times.Length];
        for (var warm = Stopwatch.StartNew(); warm.ElapsedMilliseconds < 1500;)
        {
            Round(machine, by, sum);
        }

        var bytes = 0.0;
        for (var turn = 0; turn < turns; turn++)
        {
            Array.Clear(sum);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var round = 0; round < rounds; round++)
            {
                Round(machine, by, sum);
            }

            bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / ((double)rounds * s_calls.Sum());
            for (var phase = 0; phase < times.Length; phase++)
            {
                times[phase][turn] = sum[phase] * (1e9 / Stopwatch.Frequency) / ((double)rounds * s_calls[phase]);
            }
        }

        return ([.. times.Select(Median)], bytes);
    }

    private static void Round(TceBenchMachine machine, HypercallStage by, long[] sum)
    {
        var start = Stopwatch.GetTimestamp();
        var isGood = machine.Put(by, backwards: false);
        var put = Stopwatch.GetTimestamp();
        isGood &= machine.Put(by, backwards: true);
        var replaced = Stopwatch.GetTimestamp();
        isGood &= machine.Clear(by);
        var stuffed = Stopwatch.GetTimestamp();
        isGood &= machine.PutLists(by);
        var listed = Stopwatch.GetTimestamp();
        isGood &= machine.Clear(by);
        if (!isGood)
        {
            throw new InvalidOperationException($"A call was not answered well by {by}.");
        }

        sum[0] += put - start;
        sum[1] += replaced - put;
        sum[2] += stuffed - replaced;
        sum[3] += listed - stuffed;
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }

    private static void Print(string name, double? floor, double ours, double bytes)
        => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{name} {(floor is { } known ? known.ToString("0.####", CultureInfo.InvariantCulture) : "-")} {ours:0.####} - {bytes:0.####}"));
}
