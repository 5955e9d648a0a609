using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>
/// What was mapped by one call, and may be reached at several places once it was copied: struct iopt_pages. Its pages are
/// looked at, locked and counted only while a page table reaches them, and counted once however many do.
/// </summary>
internal abstract class IoasPages
{
    private const ulong PageSize = 4096;

    // Nearly always the only one; those who are used again bring it along.
    private readonly IoasPin _firstPin = new();
    private PageCoverage _held;
    private IoasPayer _payer;
    private ulong _heldPages;
    private int _users;

    /// <summary>It was mapped to write, so that a copy may be written too.</summary>
    public bool IsWritable { get; private set; }

    /// <summary>Another process may take it over: what backs it is no process's memory.</summary>
    public abstract bool CanChangeProcess { get; }

    /// <summary>The process whose memory it is; null where it is none's.</summary>
    public virtual ClientMemory? ClientMemory => null;

    /// <summary>Somebody else refers to it.</summary>
    public void Get() => _users++;

    /// <summary>The last one who does lets it go.</summary>
    public void Put()
    {
        if (--_users == 0)
        {
            Release();
        }
    }

    /// <summary>Locks a range and counts it. Limits are the caller's.</summary>
    /// <returns>Zero; EFAULT where not all of it is memory; ENOMEM where the caller may not lock so much.</returns>
    public SysResult Hold(ClientTask caller, ulong first, ulong last, out PinnedRange pinned)
    {
        var size = last - first + 1;
        var result = Pin(first, size, out pinned);
        if (result.IsError)
        {
            return result;
        }

        // Not counted: a device's memory, which iommufd, unlike type1, does not take.
        if (pinned.LockedPages != size / PageSize)
        {
            pinned.Source!.Release(pinned);
            return Errno.EFAULT;
        }

        var pages = _held.Add(first, last) / PageSize;
        result = _payer.Charge(caller, pages);
        if (result.IsError)
        {
            _held.Remove(first, last);
            pinned.Source!.Release(pinned);
            return result;
        }

        _heldPages += pages;
        return result;
    }

    /// <summary>What an area is to have of a range that it will hold; nobody else takes one before it does.</summary>
    public IoasPin TakePin() => _firstPin.IsUsed ? new IoasPin() : _firstPin;

    /// <summary>A range that was held counts no more; the memory itself goes with its <see cref="IoasPin"/>.</summary>
    public void Drop(ulong first, ulong last)
    {
        var pages = _held.Remove(first, last) / PageSize;
        _heldPages -= pages;
        _payer.Uncharge(pages);
    }

    /// <summary>Pages that somebody would have to be charged for, to pay from here on.</summary>
    public ulong PagesToCharge(in IoasPayer payer) => payer == _payer ? 0 : _heldPages;

    /// <summary>Somebody else pays from here on, who has been charged for what is held.</summary>
    public void SetPayer(in IoasPayer payer)
    {
        _payer.Uncharge(PagesToCharge(payer));
        _payer = payer;
    }

    /// <summary>It begins, with one who refers to it.</summary>
    /// <param name="payer">Who pays.</param>
    /// <param name="isWritable">It was mapped to write, so that a copy may be written too.</param>
    protected void Begin(in IoasPayer payer, bool isWritable)
    {
        _payer = payer;
        IsWritable = isWritable;
        _users = 1;
    }

    /// <summary>Nothing refers to it any more.</summary>
    protected virtual void Release()
    {
    }

    /// <summary>pin_user_pages or its like for other kinds of memory.</summary>
    protected abstract SysResult Pin(ulong address, ulong size, out PinnedRange pinned);
}
