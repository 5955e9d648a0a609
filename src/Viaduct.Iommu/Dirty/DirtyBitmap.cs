using System.Numerics;
using Viaduct.Memory;

namespace Viaduct.Iommu;

/// <summary>
/// A client's bitmap of I/O virtual addresses, into which bits are or'ed: struct iova_bitmap. What cannot be written is left out, and
/// nobody is told, as in the kernel; of a page's bits none comes behind one that is left out.
/// </summary>
/// <param name="memory">The client's.</param>
/// <param name="address">Of the bitmap; any.</param>
/// <param name="origin">The address that bit 0 stands for.</param>
/// <param name="pageSize">What a bit stands for: its lowest set bit. Not zero.</param>
internal sealed class DirtyBitmap(ClientMemory memory, ulong address, ulong origin, ulong pageSize)
{
    private const int Window = 4096;

    /// <summary>Pages of a bitmap that are tried one after the other where none can be reached, before the rest is left out
    /// unseen.</summary>
    private const int MostFailures = 1 << 16;

    private readonly int _shift = BitOperations.TrailingZeroCount(pageSize);
    private readonly byte[] _bits = new byte[Window];
    private readonly byte[] _old = new byte[Window];
    private ulong _page = ulong.MaxValue;
    private int _low = Window;
    private int _high = -1;
    private int _failures;

    /// <summary>Pages were written.</summary>
    /// <param name="first">The first one's first address, at or above the origin.</param>
    /// <param name="last">The last one's last address.</param>
    public void Add(ulong first, ulong last)
    {
        var bit = (first - origin) >> _shift;
        var end = (last - origin) >> _shift;
        while (bit <= end && _failures < MostFailures)
        {
            var at = address + (bit / 8);
            var pageEnd = BitsTo(at, bit);
            var stop = Math.Min(end, pageEnd);
            if (Open(at))
            {
                Set((int)(at % Window * 8) + (int)(bit % 8), (int)(stop - bit) + 1);
                bit = stop + 1;
            }
            else
            {
                // The rest of a page of 4 KiB whose first bits have no place.
                var each = _shift < 12 ? 1UL << (12 - _shift) : 1;
                bit = (stop + each) / each * each;
            }

            // Behind the last bit that there can be.
            if (bit == 0)
            {
                return;
            }
        }
    }

    /// <summary>Writes what is not written yet.</summary>
    public void Flush()
    {
        if (_high < 0)
        {
            return;
        }

        var at = _page + (ulong)_low;
        var bits = _bits.AsSpan(_low..(_high + 1));
        var old = _old.AsSpan(0, bits.Length);
        if (memory.TryRead(at, old))
        {
            for (var i = 0; i < old.Length; i++)
            {
                old[i] |= bits[i];
            }

            memory.TryWrite(at, old);
        }

        bits.Clear();
        (_low, _high) = (Window, -1);
    }

    /// <summary>The last bit in the client's page that holds a bit.</summary>
    private static ulong BitsTo(ulong at, ulong bit) => (bit & ~7UL) + ((Window - (at % Window)) * 8) - 1;

    /// <summary>Goes to the client's page that holds an address.</summary>
    private bool Open(ulong at)
    {
        var page = at & ~(ulong)(Window - 1);
        if (page == _page)
        {
            return true;
        }

        Flush();
        Span<byte> probe = stackalloc byte[1];
        if (!memory.TryRead(at, probe))
        {
            _failures++;
            return false;
        }

        _page = page;
        _failures = 0;
        return true;
    }

    private void Set(int from, int count)
    {
        var (first, last) = (from / 8, (from + count - 1) / 8);
        var low = (byte)(0xff << (from % 8));
        var high = (byte)(0xff >> (7 - ((from + count - 1) % 8)));
        if (first == last)
        {
            _bits[first] |= (byte)(low & high);
        }
        else
        {
            _bits[first] |= low;
            _bits.AsSpan((first + 1)..last).Fill(0xff);
            _bits[last] |= high;
        }

        _low = Math.Min(_low, first);
        _high = Math.Max(_high, last);
    }
}
