using System.Diagnostics;
using System.Numerics;

namespace NvmeDisk.Work;

/// <summary>
/// Latencies in buckets whose width is 1/64 of their value at most: percentiles are exact to 1.6 %, in 30 KiB, and
/// recording allocates nothing. Not thread safe: each worker has its own, and they are added up.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 6;
    private const int SubBuckets = 1 << SubBits;

    private readonly long[] _buckets = new long[(64 - SubBits + 1) * SubBuckets];
    private long _sum;
    private long _least = long.MaxValue;
    private long _most;

    internal long Count { get; private set; }

    internal TimeSpan Least => Count == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(0, _least);

    internal TimeSpan Most => Stopwatch.GetElapsedTime(0, _most);

    internal TimeSpan Mean => Count == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(0, _sum / Count);

    /// <summary>Counts one.</summary>
    /// <param name="ticks">Of <see cref="Stopwatch"/>, not below zero.</param>
    internal void Record(long ticks)
    {
        _buckets[BucketOf((ulong)ticks)]++;
        Count++;
        _sum += ticks;
        _least = Math.Min(_least, ticks);
        _most = Math.Max(_most, ticks);
    }

    internal void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _buckets.Length; i++)
        {
            _buckets[i] += other._buckets[i];
        }

        Count += other.Count;
        _sum += other._sum;
        _least = Math.Min(_least, other._least);
        _most = Math.Max(_most, other._most);
    }

    /// <summary>The latency that a share of all does not exceed, rounded up to its bucket's end.</summary>
    /// <param name="percent">Above 0, at most 100.</param>
    internal TimeSpan Percentile(double percent)
    {
        var rank = (long)Math.Ceiling(Count * percent / 100);
        for (var i = 0; i < _buckets.Length; i++)
        {
            rank -= _buckets[i];
            if (rank <= 0 && Count > 0)
            {
                return Stopwatch.GetElapsedTime(0, Math.Min((long)LastOf(i), _most));
            }
        }

        return TimeSpan.Zero;
    }

    // Values below 64 have a bucket each; above, the leading bit and the six after it name the bucket.
    private static int BucketOf(ulong value)
    {
        var shift = Math.Max(0, BitOperations.Log2(value) - SubBits);
        return (shift << SubBits) + (int)(value >> shift);
    }

    private static ulong LastOf(int bucket)
    {
        if (bucket < 2 * SubBuckets)
        {
            return (ulong)bucket;
        }

        var shift = (bucket >> SubBits) - 1;
        return ((ulong)(bucket - (shift << SubBits) + 1) << shift) - 1;
    }
}
