namespace Viaduct.Iommu;

/// <summary>
/// The pages that devices wrote through one page table, while somebody wants to know: the dirty bits of its entries.
/// <para>A transfer marks its pages before it writes them, within what <see cref="IoAddressSpace.WaitForTransfers"/> waits for. Who
/// takes marks away, or begins to want them, waits for transfers afterwards: then each write is either told of and complete, or finds
/// that it has to be marked.</para>
/// </summary>
/// <param name="budget">What it may take.</param>
internal sealed class DirtyLog(ByteBudget budget)
{
    private volatile bool _isOn;

    // Null as long as nothing was to be remembered.
    private volatile DirtyTree? _tree;

    /// <summary>A device writes; called within the transfer, before the bytes move.</summary>
    /// <param name="address">The first byte's I/O virtual address.</param>
    /// <param name="length">Bytes, which do not wrap.</param>
    public void Mark(ulong address, ulong length)
    {
        if (_isOn && length > 0)
        {
            _tree?.Mark(address, address + (length - 1));
        }
    }

    /// <summary>Forgets everything, and marks from here on.</summary>
    /// <param name="space">What the transfers go through.</param>
    public void Start(IoAddressSpace space)
    {
        var old = Begin();
        space.WaitForTransfers();
        old?.Drop();
    }

    /// <summary>The same, doing something meanwhile.</summary>
    /// <param name="space">What the transfers go through.</param>
    /// <param name="meanwhile">See <see cref="IoAddressSpace.WaitForTransfersWhile"/>.</param>
    public void Start(IoAddressSpace space, Action meanwhile)
    {
        var old = Begin();
        space.WaitForTransfersWhile(meanwhile);
        old?.Drop();
    }

    /// <summary>Marks no more; what was marked stays.</summary>
    public void Stop() => _isOn = false;

    /// <summary>Tells which pages were written. Who has marks cleared calls <see cref="IoAddressSpace.WaitForTransfers"/> before it
    /// relies on them.</summary>
    /// <param name="first">The first address to tell of; a page's first.</param>
    /// <param name="last">The last one; a page's last.</param>
    /// <param name="clears">They are forgotten.</param>
    /// <param name="bitmap">Hears of them.</param>
    public void Report(ulong first, ulong last, bool clears, DirtyBitmap bitmap) => _tree?.Report(first, last, clears, bitmap);

    /// <summary>A range is mapped no more, and no transfer uses it.</summary>
    /// <param name="first">Its first address.</param>
    /// <param name="last">Its last one.</param>
    public void Forget(ulong first, ulong last) => _tree?.Report(first, last, clears: true, null);

    /// <summary>The page table goes; no transfer uses it.</summary>
    public void Drop()
    {
        _isOn = false;
        _tree?.Drop();
        _tree = null;
    }

    private DirtyTree? Begin()
    {
        var old = _tree;
        _tree = new DirtyTree(budget);
        _isOn = true;
        return old;
    }
}
