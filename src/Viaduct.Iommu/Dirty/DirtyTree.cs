namespace Viaduct.Iommu;

/// <summary>
/// Which pages of an address space were written: leaves of 512 pages, made as they are needed, below five levels of nodes. Any thread
/// may call, and no lock is taken.
/// </summary>
/// <param name="budget">What it may take.</param>
internal sealed class DirtyTree(ByteBudget budget)
{
    /// <summary>What a bit stands for, in bytes.</summary>
    public const ulong PageSize = 4096;

    private const int LeafShift = 21;
    private const int TopShift = LeafShift + (4 * DirtyNode.Bits);

    private DirtyNode? _root;
    private long _taken;
    private volatile bool _isFull;

    /// <summary>A page was written.</summary>
    /// <param name="first">The first byte's I/O virtual address.</param>
    /// <param name="last">The last one's.</param>
    public void Mark(ulong first, ulong last)
    {
        for (var at = first; ;)
        {
            var end = Math.Min(last, at | ((1UL << LeafShift) - 1));
            if (Leaf(at) is { } leaf)
            {
                leaf.Mark(PageIn(at), PageIn(end));
            }
            else
            {
                _isFull = true;
            }

            if (end == last)
            {
                return;
            }

            at = end + 1;
        }
    }

    /// <summary>Tells which pages were written; all of them where there was no room to remember.</summary>
    /// <param name="first">The first address to tell of; a page's first.</param>
    /// <param name="last">The last one; a page's last.</param>
    /// <param name="clears">They are forgotten.</param>
    /// <param name="bitmap">Hears of them; null where nobody wants to know.</param>
    public void Report(ulong first, ulong last, bool clears, DirtyBitmap? bitmap)
    {
        if (_isFull)
        {
            bitmap?.Add(first, last);
            return;
        }

        if (Volatile.Read(ref _root) is { } root)
        {
            Report(root, TopShift, first, last, clears, bitmap);
        }
    }

    /// <summary>Nobody uses it any more: gives back what it took.</summary>
    public void Drop() => budget.Give(_taken);

    private static int PageIn(ulong address) => (int)(address / PageSize % DirtyLeaf.Pages);

    private static int IndexIn(ulong address, int shift) => (int)(address >> shift) & ((1 << DirtyNode.Bits) - 1);

    private static void Report(DirtyNode node, int shift, ulong first, ulong last, bool clears, DirtyBitmap? bitmap)
    {
        var below = (1UL << shift) - 1;
        for (var at = first; ;)
        {
            var end = Math.Min(last, at | below);
            switch (node[IndexIn(at, shift)])
            {
                case DirtyNode inner:
                    Report(inner, shift - DirtyNode.Bits, at, end, clears, bitmap);
                    break;
                case DirtyLeaf leaf:
                    leaf.Report(PageIn(at), PageIn(end), clears, at & ~below, bitmap);
                    break;
            }

            if (end == last)
            {
                return;
            }

            at = end + 1;
        }
    }

    /// <returns>Null where there is no room for it.</returns>
    private DirtyLeaf? Leaf(ulong address)
    {
        var node = Volatile.Read(ref _root) ?? MakeRoot();
        for (var shift = TopShift; node is not null; shift -= DirtyNode.Bits)
        {
            var index = IndexIn(address, shift);
            var child = node[index] ?? Make(node, index, shift == LeafShift);
            if (child is DirtyLeaf leaf)
            {
                return leaf;
            }

            node = child as DirtyNode;
        }

        return null;
    }

    private DirtyNode? MakeRoot()
    {
        if (!budget.TryTake(DirtyNode.Cost))
        {
            return null;
        }

        var made = new DirtyNode();
        var root = Interlocked.CompareExchange(ref _root, made, null) ?? made;
        Settle(DirtyNode.Cost, root == made);
        return root;
    }

    private object? Make(DirtyNode node, int index, bool isLeaf)
    {
        var cost = isLeaf ? DirtyLeaf.Cost : DirtyNode.Cost;
        if (!budget.TryTake(cost))
        {
            return null;
        }

        object made = isLeaf ? new DirtyLeaf() : new DirtyNode();
        var child = node.Put(index, made);
        Settle(cost, ReferenceEquals(child, made));
        return child;
    }

    /// <summary>What was made is in its place, or another thread was faster.</summary>
    private void Settle(long cost, bool isUsed)
    {
        if (isUsed)
        {
            Interlocked.Add(ref _taken, cost);
        }
        else
        {
            budget.Give(cost);
        }
    }
}
