using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using NvmeDisk.Work;

namespace Viaduct.Driver.Tests.Samples;

/// <summary>What verify and load of NvmeDisk conclude.</summary>
public sealed class NvmeDiskTests
{
    private const ulong Run = 7;

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void Pattern_AsWritten_HasNoFault(int size) => Assert.Null(Pattern.FindFault(Block(Run, 5, size), Run, 5));

    [Fact]
    public void Pattern_Zeroes_WereNeverWritten() =>
        Assert.Contains("never written", Pattern.FindFault(new byte[512], Run, 5));

    [Fact]
    public void Pattern_OfAnotherBlock_IsNamed() =>
        Assert.Equal("has what was written to block 6", Pattern.FindFault(Block(Run, 6, 512), Run, 5));

    [Fact]
    public void Pattern_OfAnOlderRun_IsNamed() =>
        Assert.Contains("older run (0x6)", Pattern.FindFault(Block(Run - 1, 5, 512), Run, 5));

    [Fact]
    public void Pattern_AnyBitFlipped_IsDamageWhereItIs()
    {
        for (var bit = 0; bit < 512 * 8; bit++)
        {
            var block = Block(Run, 5, 512);
            block[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal($"is damaged from byte {bit / 8} on", Pattern.FindFault(block, Run, 5));
        }
    }

    [Fact]
    public void Histogram_Percentiles_AreTheValuesTo1In64() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue).NonEmptyListOf().ToArbitrary(),
        static values =>
        {
            var histogram = new LatencyHistogram();
            foreach (var value in values)
            {
                histogram.Record(value);
            }

            long[] sorted = [.. values.Order()];
            foreach (var percent in new[] { 1.0, 50, 90, 99, 100 })
            {
                var exact = sorted[(int)Math.Ceiling(sorted.Length * percent / 100) - 1];
                var seen = histogram.Percentile(percent);
                Assert.InRange(seen, Time(exact), Time(exact + (exact / 64)));
            }

            Assert.Equal(Time(sorted[0]), histogram.Least);
            Assert.Equal(Time(sorted[^1]), histogram.Most);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Histogram_AddedUp_IsTheHistogramOfAll()
    {
        var (left, right, all) = (new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram());
        for (var value = 1; value < 10_000; value += 7)
        {
            (value % 2 == 0 ? left : right).Record(value);
            all.Record(value);
        }

        left.Add(right);
        Assert.Equal(all.Count, left.Count);
        Assert.Equal(all.Percentile(90), left.Percentile(90));
        Assert.Equal(all.Mean, left.Mean);
    }

    private static TimeSpan Time(long ticks) => Stopwatch.GetElapsedTime(0, ticks);

    private static byte[] Block(ulong run, ulong block, int size)
    {
        var data = new byte[size];
        Pattern.Fill(data, run, block);
        return data;
    }
}
