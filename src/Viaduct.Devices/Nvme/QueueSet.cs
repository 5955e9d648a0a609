using System.Numerics;

namespace Viaduct.Devices.Nvme;

/// <summary>A set of queue identifiers, 0 to 127.</summary>
internal struct QueueSet
{
    private ulong _low;
    private ulong _high;

    public readonly bool IsEmpty => (_low | _high) == 0;

    public readonly bool Contains(int queue) => ((queue < 64 ? _low : _high) & (1UL << (queue & 63))) != 0;

    public void Add(int queue)
    {
        if (queue < 64)
        {
            _low |= 1UL << queue;
        }
        else
        {
            _high |= 1UL << (queue & 63);
        }
    }

    public void Remove(int queue)
    {
        if (queue < 64)
        {
            _low &= ~(1UL << queue);
        }
        else
        {
            _high &= ~(1UL << (queue & 63));
        }
    }

    public void AddAll(in QueueSet other)
    {
        _low |= other._low;
        _high |= other._high;
    }

    /// <summary>The first member from a number on, and then from zero; -1 where there is none.</summary>
    public readonly int NextFrom(int queue)
    {
        var low = queue < 64 ? _low & (ulong.MaxValue << queue) : 0;
        if (low != 0)
        {
            return BitOperations.TrailingZeroCount(low);
        }

        var high = queue <= 64 ? _high : _high & (ulong.MaxValue << (queue & 63));
        if (high != 0)
        {
            return 64 + BitOperations.TrailingZeroCount(high);
        }

        return _low != 0 ? BitOperations.TrailingZeroCount(_low)
            : _high != 0 ? 64 + BitOperations.TrailingZeroCount(_high) : -1;
    }

    /// <summary>Takes out the lowest member; -1 where there is none.</summary>
    public int Take()
    {
        var queue = NextFrom(0);
        if (queue >= 0)
        {
            Remove(queue);
        }

        return queue;
    }
}
