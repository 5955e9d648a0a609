using System.Runtime.CompilerServices;

namespace Viaduct.Iommu;

/// <summary>A node that holds entries; its keys are their first addresses.</summary>
internal sealed class IovaMapLeaf<T> : IovaMapNode
    where T : struct
{
    /// <summary>The entries' last addresses.</summary>
    public IovaMapKeys Lasts;

    /// <summary>What is there.</summary>
    public IovaMapValues<T> Values;

    /// <summary>The leaf with the next higher addresses.</summary>
    public IovaMapLeaf<T>? Next;

    /// <summary>The entry at <paramref name="index"/>.</summary>
    public IovaRange<T> this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Keys[index], Lasts[index], Values[index]);
    }

    /// <summary>Puts an entry in at <paramref name="index"/>; there is room.</summary>
    public void Insert(int index, ulong first, ulong last, in T value)
    {
        Span<ulong> lasts = Lasts;
        Span<T> values = Values;
        lasts[index..Count].CopyTo(lasts[(index + 1)..]);
        values[index..Count].CopyTo(values[(index + 1)..]);
        lasts[index] = last;
        values[index] = value;
        InsertKey(index, first);
        Count++;
    }

    /// <summary>Takes the entry at <paramref name="index"/> out.</summary>
    public void RemoveAt(int index)
    {
        Span<ulong> lasts = Lasts;
        Span<T> values = Values;
        lasts[(index + 1)..Count].CopyTo(lasts[index..]);
        values[(index + 1)..Count].CopyTo(values[index..]);
        values[Count - 1] = default;
        RemoveKey(index);
        Count--;
    }

    /// <summary>Moves entries between the end of this leaf and the front of the next.</summary>
    /// <param name="right">The next leaf.</param>
    /// <param name="count">Above zero: so many go right; below: so many come from there.</param>
    public void Shift(IovaMapLeaf<T> right, int count)
    {
        Shift<ulong>(Keys, right.Keys, Count, right.Count, count, ulong.MaxValue);
        Shift<ulong>(Lasts, right.Lasts, Count, right.Count, count, 0);
        Shift<T>(Values, right.Values, Count, right.Count, count, default);
        Count -= count;
        right.Count += count;
    }
}
