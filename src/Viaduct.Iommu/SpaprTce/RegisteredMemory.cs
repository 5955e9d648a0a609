using System.Runtime.CompilerServices;
using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.SpaprTce;

/// <summary>
/// The ranges of one address space that its owner has registered for DMA (mm->context.iommu_group_mem_list, arch/powerpc/mm/book3s64/iommu_api.c):
/// pinned and counted once, so that mapping pages of them later is a store. All containers and VMs of the address
/// space share them. Looking up takes no lock.
/// </summary>
public sealed class RegisteredMemory
{
    private static readonly ConditionalWeakTable<ClientMemory, RegisteredMemory> s_all = [];

    // mem_list_mutex. Innermost but for an IoAddressSpace's.
    private readonly Lock _lock = new();
    private readonly ClientMemory _memory;
    private readonly List<TceTable> _tables = [];

    // Of those who look up beside the VFIO core: KVM's virtual processors. Replaced whole.
    private LookupMark[] _marks = [];

    // By the client's addresses. Changed under the lock; looked up without one.
    private readonly IovaMap<RegionEntry> _regions = new();
    private bool _hasEnded;

    private RegisteredMemory(ClientMemory memory)
    {
        _memory = memory;
        _hasEnded = !memory.TryNotifyEnd(OnEnd);
    }

    /// <summary>That of an address space.</summary>
    public static RegisteredMemory Of(ClientMemory memory) => s_all.GetValue(memory, static key => new RegisteredMemory(key));

    /// <summary>mm_iommu_lookup: the region that holds all of a range.</summary>
    public bool TryFind(ulong address, ulong size, out RegisteredRegion? region)
    {
        // Never by the lock: who takes a region away waits, inside it, for those who look up.
        var spinner = default(SpinWait);
        IovaRange<RegionEntry> entry;
        bool found;
        while (!_regions.TryRead(address, out entry, out found, out _))
        {
            spinner.SpinOnce();
        }

        region = found && entry.Value.Region.Contains(address, size) ? entry.Value.Region : null;
        return region is not null;
    }

    /// <summary>mm_iommu_lookup and mm_iommu_ua_to_hpa: a page that may be mapped.</summary>
    public bool TryFindPage(ulong address, int pageShift, out RegisteredRegion? region)
        => TryFind(address, 1UL << pageShift, out region) && region!.PageShift >= pageShift;

    /// <summary>mm_iommu_get: the region of exactly this range, with one user more.</summary>
    internal RegisteredRegion? Get(ulong address, ulong size)
    {
        lock (_lock)
        {
            if (!_regions.TryFind(address, out var entry) || entry.First != address || entry.Value.Region.Size != size)
            {
                return null;
            }

            entry.Value.Region.Users++;
            return entry.Value.Region;
        }
    }

    /// <summary>mm_iommu_new: pins a range, with one user.</summary>
    /// <param name="caller">Whose limit it counts against.</param>
    /// <param name="address">A multiple of the kernel's page.</param>
    /// <param name="size">Bytes, a multiple of the kernel's page; the range does not wrap.</param>
    /// <param name="pageShift">log2 of the kernel's page.</param>
    /// <param name="region">The region.</param>
    /// <returns>Zero; ENOMEM beyond RLIMIT_MEMLOCK, for no bytes at all or for more than there is, EFAULT where the first page is not there or
    /// cannot be written, EINVAL where it overlaps another. Above zero, and nothing is registered, where a later page is not there: how many of the
    /// kernel's pages come before it (pin_user_pages' answer, which the kernel passes on).</returns>
    internal SysResult New(ClientTask caller, ulong address, ulong size, int pageShift, out RegisteredRegion? region)
    {
        region = null;
        var charged = LockedPages.Charge(caller, size);
        if (charged.IsError)
        {
            return charged;
        }

        var result = Pin(address, size, pageShift, out var pinned);
        if (result == SysResult.Success && !TryAdd(region = new RegisteredRegion(address, size, pageShift, pinned)))
        {
            pinned.Source!.Release(pinned);
            region = null;
            result = Errno.EINVAL;
        }

        if (result != SysResult.Success)
        {
            LockedPages.Uncharge(_memory, size);
        }

        return result;
    }

    private SysResult Pin(ulong address, ulong size, int pageShift, out PinnedRange pinned)
    {
        pinned = default;

        // The kernel keeps an array of the pages.
        if (size == 0 || size >> pageShift > (ulong)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / sizeof(ulong))
        {
            return Errno.ENOMEM;
        }

        var result = _memory.Pin(address, size, writable: true, out pinned);
        var pages = pinned.LockedPages << LockedPages.PageShift >> pageShift;
        return result.IsError && pages > 0 ? SysResult.FromValue((long)pages) : result;
    }

    /// <summary>mm_iommu_put: one user less. The last one takes the region along, unless pages of it are mapped: then it stays, whoever has
    /// registered it.</summary>
    /// <returns>Zero; EBUSY where it stays.</returns>
    internal SysResult Put(RegisteredRegion region)
    {
        lock (_lock)
        {
            if (region.Users == 0)
            {
                // It went with its address space.
                return SysResult.Success;
            }

            if (region.Users > 1)
            {
                region.Users--;
                return SysResult.Success;
            }

            // Nobody maps pages of it meanwhile: atomic64_inc_not_zero(&mem->mapped).
            region.IsGoing = true;
            LookupMark.Synchronize(_marks);
            if (IsMapped(region))
            {
                region.IsGoing = false;
                return Errno.EBUSY;
            }

            region.Users = 0;
            _regions.TryRemove(region.Address, out _);
        }

        Release(region);
        return SysResult.Success;
    }

    /// <summary>What this mark's owner finds while it is inside stays.</summary>
    public void Add(LookupMark mark)
    {
        lock (_lock)
        {
            _marks = [.. _marks, mark];
        }
    }

    /// <summary>The mark's owner looks nothing up any more.</summary>
    public void Remove(LookupMark mark)
    {
        lock (_lock)
        {
            _marks = [.. _marks.Where(other => other != mark)];
        }
    }

    /// <summary>A table whose entries lead here: while they do, their regions stay.</summary>
    internal void Add(TceTable table)
    {
        lock (_lock)
        {
            _tables.Add(table);
        }
    }

    /// <summary>A table goes.</summary>
    internal void Remove(TceTable table)
    {
        lock (_lock)
        {
            _tables.Remove(table);
        }
    }

    private bool IsMapped(RegisteredRegion region)
        => _tables.Exists(table => table.LeadsInto(region.Address, region.Address + (region.Size - 1)));

    private bool TryAdd(RegisteredRegion region)
    {
        lock (_lock)
        {
            return !_hasEnded && _regions.TryAdd(region.Address, region.Address + (region.Size - 1), new RegionEntry(region));
        }
    }

    private void Release(RegisteredRegion region)
    {
        // A transfer that found the region before it was taken out may still be under way.
        TceTable[] tables;
        lock (_lock)
        {
            tables = [.. _tables];
        }

        foreach (var table in tables)
        {
            table.Kill();
        }

        region.Pinned.Source!.Release(region.Pinned);
        LockedPages.Uncharge(_memory, region.Size);
    }

    /// <summary>The address space has gone: its regions go with it.</summary>
    private void OnEnd(ClientMemory memory)
    {
        var regions = new List<RegisteredRegion>();
        lock (_lock)
        {
            _hasEnded = true;
            while (_regions.TryFindOverlap(0, ulong.MaxValue, out var entry))
            {
                var region = entry.Value.Region;
                region.Users = 0;
                region.IsGoing = true;
                _regions.TryRemove(entry.First, out _);
                regions.Add(region);
            }

            LookupMark.Synchronize(_marks);
        }

        foreach (var region in regions)
        {
            Release(region);
        }
    }

    private readonly record struct RegionEntry(RegisteredRegion Region);
}
