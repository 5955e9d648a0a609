using System.Runtime.CompilerServices;

namespace Viaduct.Iommu;

/// <summary>A node that leads to others.</summary>
internal sealed class IovaMapInner : IovaMapNode
{
    /// <summary>The first <see cref="IovaMapNode.Count"/> are in use.</summary>
    public IovaMapChildren Children;

    /// <summary>Puts a child in at <paramref name="index"/>; there is room.</summary>
    public void Insert(int index, IovaMapNode child)
    {
        Span<ulong> keys = Keys;
        Span<IovaMapNode?> children = Children;
        keys[index..Count].CopyTo(keys[(index + 1)..]);
        children[index..Count].CopyTo(children[(index + 1)..]);
        keys[index] = child.Keys[0];
        children[index] = child;
        Count++;
    }

    /// <summary>Takes the child at <paramref name="index"/> out.</summary>
    public void RemoveAt(int index)
    {
        Span<ulong> keys = Keys;
        Span<IovaMapNode?> children = Children;
        keys[(index + 1)..Count].CopyTo(keys[index..]);
        children[(index + 1)..Count].CopyTo(children[index..]);
        Count--;
        children[Count] = null;
    }

    /// <summary>Moves entries between the end of this node and the front of the next.</summary>
    /// <param name="right">The next node.</param>
    /// <param name="count">Above zero: so many go right; below: so many come from there.</param>
    public void Shift(IovaMapInner right, int count)
    {
        Span<ulong> keys = Keys, rightKeys = right.Keys;
        Span<IovaMapNode?> children = Children, rightChildren = right.Children;
        if (count > 0)
        {
            rightKeys[..right.Count].CopyTo(rightKeys[count..]);
            rightChildren[..right.Count].CopyTo(rightChildren[count..]);
            keys[(Count - count)..Count].CopyTo(rightKeys);
            children[(Count - count)..Count].CopyTo(rightChildren);
            children[(Count - count)..Count].Clear();
        }
        else
        {
            rightKeys[..-count].CopyTo(keys[Count..]);
            rightChildren[..-count].CopyTo(children[Count..]);
            rightKeys[-count..right.Count].CopyTo(rightKeys);
            rightChildren[-count..right.Count].CopyTo(rightChildren);
            rightChildren[(right.Count + count)..right.Count].Clear();
        }

        Count -= count;
        right.Count += count;
    }
}

/// <summary>The children of a node, in the node.</summary>
[InlineArray(IovaMapNode.Capacity)]
internal struct IovaMapChildren
{
    private IovaMapNode? _first;
}
