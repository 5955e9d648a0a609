namespace Viaduct.Iommu;

/// <summary>Bytes that our own tables of an IOMMU may take (pages that devices wrote, translations): what a client maps costs little
/// where it lies together, but a hostile one can have a page in each of many places. Any thread may call.</summary>
/// <param name="bytes">How many there are.</param>
internal sealed class ByteBudget(long bytes)
{
    /// <summary>For written pages: some 1.5 TiB of written memory, where it lies together.</summary>
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
