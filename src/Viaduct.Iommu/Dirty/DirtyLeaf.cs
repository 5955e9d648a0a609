using System.Numerics;

namespace Viaduct.Iommu;

/// <summary>Which of 2 MiB's pages were written. Any thread may call.</summary>
internal sealed class DirtyLeaf
{
    /// <summary>Pages of 4 KiB.</summary>
    public const int Pages = 512;

    /// <summary>What one takes, in bytes.</summary>
    public const long Cost = (Pages / 8) + 16;

    private DirtyWords _words;

    /// <summary>Pages were written.</summary>
    /// <param name="first">The first one's number here.</param>
    /// <param name="last">The last one's.</param>
    public void Mark(int first, int last)
    {
        for (var word = first / 64; word <= last / 64; word++)
        {
            var mask = Mask(word, first, last);

            // A page is written again and again; only the first time is worth a bus lock.
            if ((Volatile.Read(ref _words[word]) & mask) != mask)
            {
                Interlocked.Or(ref _words[word], mask);
            }
        }
    }

    /// <summary>Tells which pages were written, run by run.</summary>
    /// <param name="first">The first one to tell of.</param>
    /// <param name="last">The last one.</param>
    /// <param name="clears">They are forgotten.</param>
    /// <param name="origin">The I/O virtual address of page 0.</param>
    /// <param name="bitmap">Hears of them; null where nobody wants to know.</param>
    public void Report(int first, int last, bool clears, ulong origin, DirtyBitmap? bitmap)
    {
        for (var word = first / 64; word <= last / 64; word++)
        {
            var mask = Mask(word, first, last);
            var written = Volatile.Read(ref _words[word]) & mask;
            if (written != 0 && clears)
            {
                written = Interlocked.And(ref _words[word], ~mask) & mask;
            }

            while (written != 0 && bitmap is not null)
            {
                var from = BitOperations.TrailingZeroCount(written);
                var count = BitOperations.TrailingZeroCount(~(written >> from));
                var at = origin + ((ulong)((word * 64) + from) * DirtyTree.PageSize);
                bitmap.Add(at, at + ((ulong)count * DirtyTree.PageSize) - 1);
                written = from + count == 64 ? 0 : written >> (from + count) << (from + count);
            }
        }
    }

    private static ulong Mask(int word, int first, int last)
    {
        var low = word == first / 64 ? first % 64 : 0;
        var high = word == last / 64 ? last % 64 : 63;
        return ulong.MaxValue << low & ulong.MaxValue >> (63 - high);
    }
}
