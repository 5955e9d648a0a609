namespace Viaduct.Iommu;

public sealed partial class IovaMap<T>
{
    /// <summary>Adds a range.</summary>
    /// <param name="first">Its first address.</param>
    /// <param name="last">Its last address, at or above <paramref name="first"/>.</param>
    /// <param name="value">What is there.</param>
    /// <returns>False where a range shares an address with it; nothing has changed.</returns>
    public bool TryAdd(ulong first, ulong last, in T value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(last, first);
        var leaf = Descend(first);
        var index = leaf.Rank(first);
        if (!IsFree(leaf, index, first, last))
        {
            return false;
        }

        if (leaf.Count < IovaMapNode.Capacity)
        {
            BeginChange();
            Insert(leaf, index, first, last, value);
        }
        else
        {
            EnsureSpares();
            BeginChange();
            InsertSplitting(leaf, index, first, last, value);
        }

        EndChange();
        Count++;
        return true;
    }

    private static bool IsFree(IovaMapLeaf<T> leaf, int index, ulong first, ulong last)
    {
        if (index > 0 && leaf.Lasts[index - 1] >= first)
        {
            return false;
        }

        if (index < leaf.Count)
        {
            return leaf.Keys[index] > last;
        }

        return leaf.Next is not { } next || next.Keys[0] > last;
    }

    private void Insert(IovaMapLeaf<T> leaf, int index, ulong first, ulong last, in T value)
    {
        leaf.Insert(index, first, last, value);
        if (index > 0)
        {
            return;
        }

        // A new lowest address is the key of every node on the way whose lowest child it is under.
        for (var level = _depth - 1; level >= 0; level--)
        {
            _path[level].Keys[_pathIndex[level]] = first;
            if (_pathIndex[level] > 0)
            {
                return;
            }
        }
    }

    private void InsertSplitting(IovaMapLeaf<T> leaf, int index, ulong first, ulong last, in T value)
    {
        var right = Take<IovaMapLeaf<T>>(ref _spareLeaves);
        // Clients map upwards: at the upper end full leaves stay full, and the new one begins with the new entry.
        var appends = index == IovaMapNode.Capacity && leaf.Next is null;
        right.Next = leaf.Next;
        leaf.Next = right;
        leaf.Shift(right, appends ? 0 : IovaMapNode.Capacity / 2);
        if (appends || index > leaf.Count)
        {
            right.Insert(index - leaf.Count, first, last, value);
        }
        else
        {
            Insert(leaf, index, first, last, value);
        }

        InsertChild(right);
    }

    /// <summary>Puts a node in behind the one that the path leads to.</summary>
    private void InsertChild(IovaMapNode child)
    {
        for (var level = _depth - 1; level >= 0; level--)
        {
            var parent = _path[level];
            var index = _pathIndex[level] + 1;
            if (parent.Count < IovaMapNode.Capacity)
            {
                parent.Insert(index, child);
                return;
            }

            var right = Take<IovaMapInner>(ref _spareInners);
            parent.Shift(right, index == IovaMapNode.Capacity ? MinCount : IovaMapNode.Capacity / 2);
            if (index > parent.Count)
            {
                right.Insert(index - parent.Count, child);
            }
            else
            {
                parent.Insert(index, child);
            }

            child = right;
        }

        var root = Take<IovaMapInner>(ref _spareInners);
        root.Insert(0, _root);
        root.Insert(1, child);
        _root = root;
    }
}
