using System.Runtime.CompilerServices;

namespace Viaduct.Iommu;

/// <summary>
/// A node of an <see cref="IovaMap{T}"/>'s tree. Keys ascend; in an inner node key i is exactly the lowest address
/// under child i, which is what lets a search end in one leaf.
/// </summary>
internal abstract class IovaMapNode
{
    /// <summary>Entries or children that fit.</summary>
    public const int Capacity = 32;

    /// <summary>Entries or children in use, 0 to <see cref="Capacity"/>.</summary>
    public int Count;

    /// <summary>The first <see cref="Count"/> are in use.</summary>
    public IovaMapKeys Keys;

    /// <summary>The next spare node, while this one is spare.</summary>
    public IovaMapNode? NextSpare;

    /// <summary>
    /// How many keys are at or below <paramref name="address"/>. Readers come here while the node changes: whatever
    /// they see, the loop ends and no index leaves the array.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Rank(ulong address)
    {
        ReadOnlySpan<ulong> keys = Keys;
        var rank = 0;
        var left = Math.Min((uint)Count, Capacity);
        while (left > 0)
        {
            // No branch on the comparison: addresses are random to the predictor.
            var half = (left + 1) >> 1;
            rank += (int)half & -(keys[rank + (int)half - 1] <= address ? 1 : 0);
            left -= half;
        }

        return rank;
    }
}

/// <summary>The keys of a node, in the node.</summary>
[InlineArray(IovaMapNode.Capacity)]
internal struct IovaMapKeys
{
    private ulong _first;
}
