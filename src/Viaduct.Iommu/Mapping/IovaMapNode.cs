using System.Numerics;
using System.Runtime.CompilerServices;

namespace Viaduct.Iommu;

/// <summary>
/// A node of an <see cref="IovaMap{T}"/>'s tree. Keys ascend; in an inner node key i is exactly the lowest address
/// under child i, which is what lets a search end in one leaf.
/// </summary>
internal abstract class IovaMapNode
{
    /// <summary>Entries or children that fit.</summary>
    public const int Capacity = 16;

    /// <summary>Entries or children in use, 0 to <see cref="Capacity"/>.</summary>
    public int Count;

    /// <summary>The first <see cref="Count"/> are in use, ascending; the others are 2^64 - 1.</summary>
    public IovaMapKeys Keys;

    /// <summary>The next spare node, while this one is spare.</summary>
    public IovaMapNode? NextSpare;

    /// <summary>Makes a node with nothing in it.</summary>
    protected IovaMapNode()
    {
        Span<ulong> keys = Keys;
        keys.Fill(ulong.MaxValue);
    }

    /// <summary>
    /// How many keys are at or below <paramref name="address"/>: all are compared, which takes less time than a search
    /// that waits for each comparison. Readers come here while the node changes: whatever they see, the answer is
    /// between zero and <see cref="Capacity"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Rank(ulong address)
    {
        ReadOnlySpan<ulong> keys = Keys;
        var wanted = new Vector<ulong>(address);
        var ranks = Vector<ulong>.Zero;
        for (var i = 0; i <= Capacity - Vector<ulong>.Count; i += Vector<ulong>.Count)
        {
            // A comparison that holds is all ones, and so minus one.
            ranks -= Vector.LessThanOrEqual(new Vector<ulong>(keys[i..]), wanted);
        }

        return (int)Math.Min((uint)Vector.Sum(ranks), (uint)Count);
    }

    /// <summary>Makes room for a key at <paramref name="index"/>.</summary>
    protected void InsertKey(int index, ulong key)
    {
        Span<ulong> keys = Keys;
        keys[index..Count].CopyTo(keys[(index + 1)..]);
        keys[index] = key;
    }

    /// <summary>Takes the key at <paramref name="index"/> out.</summary>
    protected void RemoveKey(int index)
    {
        Span<ulong> keys = Keys;
        keys[(index + 1)..Count].CopyTo(keys[index..]);
        keys[Count - 1] = ulong.MaxValue;
    }

    /// <summary>Moves items between the end of a node and the front of the next.</summary>
    /// <param name="left">The node's.</param>
    /// <param name="right">The next node's.</param>
    /// <param name="leftCount">The node's items.</param>
    /// <param name="rightCount">The next node's items.</param>
    /// <param name="count">Above zero: so many go right; below: so many come from there.</param>
    /// <param name="unused">What is put where nothing is left.</param>
    protected static void Shift<TItem>(
        Span<TItem> left, Span<TItem> right, int leftCount, int rightCount, int count, TItem unused)
    {
        if (count > 0)
        {
            right[..rightCount].CopyTo(right[count..]);
            left[(leftCount - count)..leftCount].CopyTo(right);
            left[(leftCount - count)..leftCount].Fill(unused);
        }
        else
        {
            right[..-count].CopyTo(left[leftCount..]);
            right[-count..rightCount].CopyTo(right);
            right[(rightCount + count)..rightCount].Fill(unused);
        }
    }
}
