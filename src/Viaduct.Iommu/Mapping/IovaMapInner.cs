namespace Viaduct.Iommu;

/// <summary>A node that leads to others.</summary>
internal sealed class IovaMapInner : IovaMapNode
{
    /// <summary>The first <see cref="IovaMapNode.Count"/> are in use.</summary>
    public IovaMapChildren Children;

    /// <summary>Puts a child in at <paramref name="index"/>; there is room.</summary>
    public void Insert(int index, IovaMapNode child)
    {
        Span<IovaMapNode?> children = Children;
        children[index..Count].CopyTo(children[(index + 1)..]);
        children[index] = child;
        InsertKey(index, child.Keys[0]);
        Count++;
    }

    /// <summary>Takes the child at <paramref name="index"/> out.</summary>
    public void RemoveAt(int index)
    {
        Span<IovaMapNode?> children = Children;
        children[(index + 1)..Count].CopyTo(children[index..]);
        children[Count - 1] = null;
        RemoveKey(index);
        Count--;
    }

    /// <summary>Moves entries between the end of this node and the front of the next.</summary>
    /// <param name="right">The next node.</param>
    /// <param name="count">Above zero: so many go right; below: so many come from there.</param>
    public void Shift(IovaMapInner right, int count)
    {
        Shift<ulong>(Keys, right.Keys, Count, right.Count, count, ulong.MaxValue);
        Shift<IovaMapNode?>(Children, right.Children, Count, right.Count, count, null);
        Count -= count;
        right.Count += count;
    }
}
