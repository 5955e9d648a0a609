using System.Diagnostics;
using System.Globalization;

namespace Viaduct.Bench;

/// <summary>
/// Measures an operation, and its floor if there is one in this process, by turns. What slows
/// the machine for a while then slows both, and the median of the turns' ratios is about our code alone.
/// </summary>
/// <param name="Name">What is printed.</param>
/// <param name="Ours">Does the operation once, or <paramref name="OperationsPerCall"/> times.</param>
/// <param name="Floor">The same work without us; null where its floor is another program.</param>
/// <param name="OperationsPerCall">Operations in one call of either.</param>
internal sealed record Contest(string Name, Action Ours, Action? Floor = null, int OperationsPerCall = 1)
{
    // Long against the clock's resolution, short against a scheduler's time slice.
    private static readonly long s_turnTicks = Stopwatch.Frequency / 1000;

    /// <summary>Measures and prints a line: name, floor ns, ours ns, ours / floor, bytes that ours allocates; all medians,
    /// for one operation, and - where there is no floor.</summary>
    public void Run(int turns)
    {
        var calls = Calibrate(Ours);
        var floorTimes = new double[turns];
        var oursTimes = new double[turns];
        var ratios = new double[turns];
        for (var turn = 0; turn < turns; turn++)
        {
            // Each is first every other turn, so that another program's time slices cannot fall on the same side always.
            if (turn % 2 == 0)
            {
                floorTimes[turn] = Time(Floor, calls);
                oursTimes[turn] = Time(Ours, calls);
            }
            else
            {
                oursTimes[turn] = Time(Ours, calls);
                floorTimes[turn] = Time(Floor, calls);
            }

            ratios[turn] = oursTimes[turn] / floorTimes[turn];
        }

        var bytes = AllocatedBytes(calls);
        Console.WriteLine($"{Name} {Text(Median(floorTimes))} {Text(Median(oursTimes))} {Text(Median(ratios))} {Text(bytes)}");
    }

    /// <summary>How many calls fill a turn. On the way both sides run long enough to be compiled for good.</summary>
    private int Calibrate(Action action)
    {
        var calls = 1;
        var warm = Stopwatch.GetTimestamp() + (100 * s_turnTicks);
        while (true)
        {
            var start = Stopwatch.GetTimestamp();
            Repeat(action, calls);
            var elapsed = Stopwatch.GetTimestamp() - start;
            Repeat(Floor ?? action, calls);
            if (elapsed < s_turnTicks)
            {
                calls *= 2;
            }
            else if (Stopwatch.GetTimestamp() > warm)
            {
                return calls;
            }
        }
    }

    private double Time(Action? action, int calls)
    {
        if (action is null)
        {
            return double.NaN;
        }

        var start = Stopwatch.GetTimestamp();
        Repeat(action, calls);
        var elapsed = Stopwatch.GetTimestamp() - start;
        return elapsed * (1e9 / Stopwatch.Frequency) / ((double)calls * OperationsPerCall);
    }

    private double AllocatedBytes(int calls)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Repeat(Ours, calls);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / ((double)calls * OperationsPerCall);
    }

    private static void Repeat(Action action, int calls)
    {
        for (var i = 0; i < calls; i++)
        {
            action();
        }
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }

    private static string Text(double value)
        => double.IsNaN(value) ? "-" : value.ToString("0.####", CultureInfo.InvariantCulture);
}
