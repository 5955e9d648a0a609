namespace Viaduct.Iommu.Iommufd;

/// <summary>What is kept to be used again: a list through the objects themselves. Under the context's lock.</summary>
internal sealed class IoasSparePages
{
    private const int Most = 64;

    private IoasUserPages? _first;
    private int _count;

    /// <summary>Takes one, or makes one where none is left.</summary>
    public IoasUserPages Take()
    {
        if (_first is not { } pages)
        {
            return new IoasUserPages(this);
        }

        _first = pages.NextSpare;
        _count--;
        return pages;
    }

    /// <summary>Nothing refers to it any more.</summary>
    public void Give(IoasUserPages pages)
    {
        if (_count < Most)
        {
            pages.NextSpare = _first;
            _first = pages;
            _count++;
        }
    }
}
