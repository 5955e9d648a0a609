namespace Viaduct.Iommu;

public sealed partial class IovaMap<T>
{
    /// <summary>Removes the range that begins at <paramref name="first"/>.</summary>
    /// <param name="first">Its first address.</param>
    /// <param name="value">What was there.</param>
    /// <returns>False where none begins there.</returns>
    public bool TryRemove(ulong first, out T value)
    {
        var leaf = Descend(first);
        var index = leaf.Rank(first) - 1;
        if (index < 0 || leaf.Keys[index] != first)
        {
            value = default;
            return false;
        }

        value = leaf.Values[index];
        BeginChange();
        leaf.RemoveAt(index);
        if (index == 0 || leaf.Count < MinCount)
        {
            Repair();
        }

        EndChange();
        Count--;
        return true;
    }

    /// <summary>After a removal at the end of the path: keys exact again, and no node but the root too empty.</summary>
    private void Repair()
    {
        for (var level = _depth - 1; level >= 0; level--)
        {
            var parent = _path[level];
            var index = _pathIndex[level];
            var node = parent.Children[index]!;
            if (node.Count >= MinCount)
            {
                parent.Keys[index] = node.Keys[0];
                if (index > 0)
                {
                    break;
                }
            }
            else
            {
                Balance(parent, Math.Max(index - 1, 0));
            }
        }

        while (_root is IovaMapInner { Count: 1 } root)
        {
            _root = root.Children[0]!;
            root.RemoveAt(0);
            root.NextSpare = _spareInners;
            _spareInners = root;
        }
    }

    /// <summary>Joins two neighbours, or makes them even where that is too much for one node.</summary>
    private void Balance(IovaMapInner parent, int index)
    {
        var left = parent.Children[index]!;
        var right = parent.Children[index + 1]!;
        var total = left.Count + right.Count;
        var toRight = total <= IovaMapNode.Capacity ? -right.Count : left.Count - total / 2;
        if (left is IovaMapLeaf<T> leftLeaf)
        {
            leftLeaf.Shift((IovaMapLeaf<T>)right, toRight);
        }
        else
        {
            ((IovaMapInner)left).Shift((IovaMapInner)right, toRight);
        }

        parent.Keys[index] = left.Keys[0];
        if (right.Count > 0)
        {
            parent.Keys[index + 1] = right.Keys[0];
            return;
        }

        parent.RemoveAt(index + 1);
        Spare(left, right);
    }

    private void Spare(IovaMapNode left, IovaMapNode right)
    {
        if (right is IovaMapLeaf<T> rightLeaf)
        {
            ((IovaMapLeaf<T>)left).Next = rightLeaf.Next;
            rightLeaf.Next = null;
            right.NextSpare = _spareLeaves;
            _spareLeaves = right;
        }
        else
        {
            right.NextSpare = _spareInners;
            _spareInners = right;
        }
    }
}
