namespace Viaduct.Iommu;

public sealed partial class IovaMap<T>
{
    /// <summary>Cuts a range in two. A reader beside it finds every address of it all the time.</summary>
    /// <param name="at">The first address of the upper part.</param>
    /// <param name="value">What is in the upper part.</param>
    /// <returns>False where no range holds both this address and the one before it.</returns>
    public bool TrySplit(ulong at, in T value)
    {
        var leaf = Descend(at);
        var index = leaf.Rank(at) - 1;
        if (index < 0 || leaf.Keys[index] == at || leaf.Lasts[index] < at)
        {
            return false;
        }

        var last = leaf.Lasts[index];
        if (leaf.Count < IovaMapNode.Capacity)
        {
            BeginChange();
            leaf.Lasts[index] = at - 1;
            Insert(leaf, index + 1, at, last, value);
        }
        else
        {
            EnsureSpares();
            BeginChange();
            leaf.Lasts[index] = at - 1;
            InsertSplitting(leaf, index + 1, at, last, value);
        }

        EndChange();
        Count++;
        return true;
    }
}
