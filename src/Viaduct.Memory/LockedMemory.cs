using Viaduct.Abi;

namespace Viaduct.Memory;

/// <summary>
/// Pages that count against RLIMIT_MEMLOCK: those locked in one address space (mm->locked_vm, as account_locked_vm counts them),
/// or by one user (user->locked_vm). Each charge counts, also where two share a page. Any thread may call.
/// </summary>
public sealed class LockedMemory
{
    private ulong _pages;
    private ulong _peak;
    private ulong _peakBeyondLimit;
    private ulong _pinnedPages;

    /// <summary>True: a charge beyond the limit fails with ENOMEM. False: it succeeds, and <see cref="PeakBeyondLimit"/>
    /// remembers it.</summary>
    public bool Enforced { get; set; }

    /// <summary>Pages of 4 KiB locked now for DMA.</summary>
    public ulong Pages => Volatile.Read(ref _pages);

    /// <summary>The most that <see cref="Pages"/> ever was.</summary>
    public ulong Peak => Volatile.Read(ref _peak);

    /// <summary>The most pages that were wanted by a caller whose limit forbade it; zero where none was.</summary>
    public ulong PeakBeyondLimit => Volatile.Read(ref _peakBeyondLimit);

    /// <summary>Pages of 4 KiB that are held for DMA whether a limit counts them or not: mm->pinned_vm.</summary>
    public ulong PinnedPages => Volatile.Read(ref _pinnedPages);

    /// <summary>Counts pages that are held.</summary>
    public void Pin(ulong pages) => Interlocked.Add(ref _pinnedPages, pages);

    /// <summary>Undoes <see cref="Pin"/>.</summary>
    public void Unpin(ulong pages) => Subtract(ref _pinnedPages, pages);

    /// <summary>Counts pages.</summary>
    /// <param name="pages">Pages of 4 KiB.</param>
    /// <param name="limit">The caller's RLIMIT_MEMLOCK in pages.</param>
    /// <param name="capable">The caller has CAP_IPC_LOCK, which no limit binds.</param>
    /// <returns>Zero or ENOMEM.</returns>
    public SysResult Charge(ulong pages, ulong limit, bool capable)
    {
        while (true)
        {
            var before = Volatile.Read(ref _pages);
            var wanted = before + pages;
            var exceeds = !capable && pages > 0 && wanted > limit;
            if (exceeds && Enforced)
            {
                Raise(ref _peakBeyondLimit, wanted);
                return Errno.ENOMEM;
            }

            if (Interlocked.CompareExchange(ref _pages, wanted, before) == before)
            {
                Raise(ref _peak, wanted);
                if (exceeds)
                {
                    Raise(ref _peakBeyondLimit, wanted);
                }

                return SysResult.Success;
            }
        }
    }

    /// <summary>Gives back pages that were charged.</summary>
    public void Uncharge(ulong pages) => Subtract(ref _pages, pages);

    /// <summary>Never below zero: what is given back twice must not let a client lock all there is.</summary>
    private static void Subtract(ref ulong count, ulong pages)
    {
        var before = Volatile.Read(ref count);
        while (true)
        {
            var seen = Interlocked.CompareExchange(ref count, before - Math.Min(before, pages), before);
            if (seen == before)
            {
                return;
            }

            before = seen;
        }
    }

    private static void Raise(ref ulong peak, ulong value)
    {
        var before = Volatile.Read(ref peak);
        while (before < value)
        {
            var seen = Interlocked.CompareExchange(ref peak, value, before);
            if (seen == before)
            {
                return;
            }

            before = seen;
        }
    }
}
