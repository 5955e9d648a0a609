using Viaduct.Abi;

namespace Viaduct.Memory;

/// <summary>
/// Pages that count against RLIMIT_MEMLOCK: those locked in one address space (mm->locked_vm, as account_locked_vm counts them),
/// or by one user (user->locked_vm). Each charge counts, also where two share a page.
/// </summary>
public sealed class LockedMemory
{
    private readonly Lock _lock = new();

    /// <summary>True: a charge beyond the limit fails with ENOMEM. False: it succeeds, and <see cref="PeakBeyondLimit"/>
    /// remembers it.</summary>
    public bool Enforced { get; set; }

    /// <summary>Pages of 4 KiB locked now for DMA.</summary>
    public ulong Pages { get; private set; }

    /// <summary>The most that <see cref="Pages"/> ever was.</summary>
    public ulong Peak { get; private set; }

    /// <summary>The most pages that were wanted by a caller whose limit forbade it; zero where none was.</summary>
    public ulong PeakBeyondLimit { get; private set; }

    /// <summary>Pages of 4 KiB that are held for DMA whether a limit counts them or not: mm->pinned_vm.</summary>
    public ulong PinnedPages { get; private set; }

    /// <summary>Counts pages that are held.</summary>
    public void Pin(ulong pages)
    {
        lock (_lock)
        {
            PinnedPages += pages;
        }
    }

    /// <summary>Undoes <see cref="Pin"/>.</summary>
    public void Unpin(ulong pages)
    {
        lock (_lock)
        {
            PinnedPages -= Math.Min(PinnedPages, pages);
        }
    }

    /// <summary>Counts pages.</summary>
    /// <param name="pages">Pages of 4 KiB.</param>
    /// <param name="limit">The caller's RLIMIT_MEMLOCK in pages.</param>
    /// <param name="capable">The caller has CAP_IPC_LOCK, which no limit binds.</param>
    /// <returns>Zero or ENOMEM.</returns>
    public SysResult Charge(ulong pages, ulong limit, bool capable)
    {
        lock (_lock)
        {
            var wanted = Pages + pages;
            if (!capable && pages > 0 && wanted > limit)
            {
                PeakBeyondLimit = Math.Max(PeakBeyondLimit, wanted);
                if (Enforced)
                {
                    return Errno.ENOMEM;
                }
            }

            Pages = wanted;
            Peak = Math.Max(Peak, wanted);
            return SysResult.Success;
        }
    }

    /// <summary>Gives back pages that were charged.</summary>
    public void Uncharge(ulong pages)
    {
        lock (_lock)
        {
            Pages -= Math.Min(Pages, pages);
        }
    }
}
