namespace Viaduct.Iommu;

/// <summary>
/// What one thread needs for one piece of DMA, and the mark by which those who unmap know that it is under way.
/// <para>Whoever turns <c>_epoch</c> from even to odd owns the slot and is in a transfer; turning it even again leaves
/// it. The order that makes unmapping safe: a transfer (1) marks itself, (2) full fence, (3) reads the group's address
/// space and translates, (4) moves bytes, (5) clears the mark with release. Unmapping (1) takes the translation out,
/// (2) full fence, (3) waits for each mark it sees to change. Of two threads that each write and then, behind a full
/// fence, read what the other wrote, one at least sees the other's write: so either the transfer finds the translation
/// gone, or the unmapping thread finds the mark and waits. The same holds for taking a group's address space
/// away, and for its <see cref="DirtyLog"/>.</para>
/// <para>A slot is in the list of one address space at a time; it joins, under that space's lock, before the transfer
/// that first needs it, and so before that transfer's translation.</para>
/// </summary>
internal sealed class TransferSlot
{
    private long _epoch;
    private byte[]? _buffer;

    /// <summary>The owner's: what the group was attached to.</summary>
    public IoDomain? Domain;

    /// <summary>The owner's: the address space of that, which waits for this slot.</summary>
    public IoAddressSpace? Space;

    /// <summary>The owner's: who hears of what is written there.</summary>
    public DirtyLog? Dirty;

    /// <summary>The owner's: the last translation for reading.</summary>
    public TranslationCache ReadCache;

    /// <summary>The owner's: the last translation for writing.</summary>
    public TranslationCache WriteCache;

    /// <summary>The owner's: room for bytes between two memories that neither is mapped here.</summary>
    public byte[] Buffer => _buffer ??= GC.AllocateUninitializedArray<byte>(DmaPort.BounceSize);

    /// <summary>Owns the slot and marks a transfer; a full fence. False where another thread has it.</summary>
    public bool TryEnter()
    {
        var epoch = Volatile.Read(ref _epoch);
        return (epoch & 1) == 0 && Interlocked.CompareExchange(ref _epoch, epoch + 1, epoch) == epoch;
    }

    /// <summary>The owner's: those who unmap from another address space, or from none, are to wait for it from here on. No transfer
    /// uses it yet.</summary>
    public void MoveTo(IoDomain? domain)
    {
        Space?.Unregister(this);
        Domain = domain;
        Space = domain?.Space;
        Dirty = domain?.Dirty;
        Space?.Register(this);
    }

    /// <summary>Ends the transfer.</summary>
    public void Leave() => Volatile.Write(ref _epoch, _epoch + 1);

    /// <summary>Waits for the transfer that is under way, if any, not for those that come after it.</summary>
    public void WaitUntilLeft()
    {
        var epoch = Volatile.Read(ref _epoch);
        if ((epoch & 1) == 0)
        {
            return;
        }

        var spinner = default(SpinWait);
        while (Volatile.Read(ref _epoch) == epoch)
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>The same, doing something meanwhile.</summary>
    public void WaitUntilLeft(Action meanwhile)
    {
        var epoch = Volatile.Read(ref _epoch);
        while ((epoch & 1) != 0 && Volatile.Read(ref _epoch) == epoch)
        {
            meanwhile();
        }
    }
}
