namespace Viaduct.Iommu;

/// <summary>Bytes that remembering written pages may take, for all page tables of an IOMMU. What a client maps costs nothing, and
/// what its devices write a bit a page; but a hostile client can have one page written in each of many places. Any thread may
/// call.</summary>
/// <param name="bytes">How many there are.</param>
internal sealed class DirtyBudget(long bytes)
{
    /// <summary>Some 1.5 TiB of written memory, where it lies together.</summary>
    public const long Default = 64L << 20;

    private long _left = bytes;

    /// <summary>Takes bytes, if they are there.</summary>
    public bool TryTake(long count)
    {
        if (Interlocked.Add(ref _left, -count) >= 0)
        {
            return true;
        }

        Give(count);
        return false;
    }

    /// <summary>Gives back what was taken.</summary>
    public void Give(long count) => Interlocked.Add(ref _left, count);
}
