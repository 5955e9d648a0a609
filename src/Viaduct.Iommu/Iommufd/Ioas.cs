using System.Numerics;
using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>
/// An I/O address space: struct iommufd_ioas with its io_pagetable. Memory is looked at, locked and counted only while a
/// page table exists. Under its context's lock.
/// </summary>
internal sealed partial class Ioas : IommufdObject
{
    private const ulong PageSize = 4096;

    private readonly IovaMap<IoasArea> _areas = new();
    private readonly List<IoasReservation> _reservations = [];
    private readonly List<HwPagetable> _domains = [];
    private readonly List<DirtyLog> _logs = [];
    private IovaMap<bool> _allowed = new();

    /// <summary>Where DMA of attached devices goes.</summary>
    public IoAddressSpace Space { get; } = new();

    /// <summary>The page tables made for it.</summary>
    public List<HwPagetable> PageTables { get; } = [];

    /// <summary>What addresses and lengths must be multiples of, in bytes: 1 until there is a page table.</summary>
    public ulong Alignment { get; private set; } = 1;

    /// <summary>IOMMU_OPTION_HUGE_PAGES: page tables may merge pages.</summary>
    public bool HasLargePages { get; private set; } = true;

    /// <summary>The page tables that hold what is mapped.</summary>
    public IReadOnlyList<HwPagetable> Domains => _domains;

    /// <summary>Mappings that exist now.</summary>
    public int MappingCount => _areas.Count;

    /// <inheritdoc/>
    public override void Destroy() => UnmapAll(out _);

    /// <summary>The addresses between reservations, ascending.</summary>
    public List<(ulong First, ulong Last)> UsableRanges()
    {
        List<(ulong, ulong)> ranges = [];
        var next = 0UL;
        foreach (var reserved in _reservations.OrderBy(r => r.First))
        {
            if (reserved.First > next)
            {
                ranges.Add((next, reserved.First - 1));
            }

            if (reserved.Last == ulong.MaxValue)
            {
                return ranges;
            }

            next = Math.Max(next, reserved.Last + 1);
        }

        ranges.Add((next, ulong.MaxValue));
        return ranges;
    }

    /// <summary>iopt_set_allow_iova.</summary>
    public SysResult Allow(IovaMap<bool> allowed)
    {
        foreach (var reserved in _reservations)
        {
            if (allowed.TryFindOverlap(reserved.First, reserved.Last, out _))
            {
                return Errno.EADDRINUSE;
            }
        }

        _allowed = allowed;
        return SysResult.Success;
    }

    /// <summary>iopt_table_enforce_dev_resv_regions: takes what a unit cannot translate out of the address space.</summary>
    public SysResult Reserve(IommuUnit unit, object owner)
    {
        foreach (var region in unit.ReservedRegions)
        {
            if (region.IsRelaxable)
            {
                continue;
            }

            if (!TryReserve(region.First, region.Last, owner))
            {
                RemoveReservations(owner);
                return Errno.EADDRINUSE;
            }
        }

        return SysResult.Success;
    }

    public void RemoveReservations(object owner) => _reservations.RemoveAll(r => ReferenceEquals(r.Owner, owner));

    /// <summary>iopt_table_add_domain: the first one locks all memory.</summary>
    public SysResult AddDomain(HwPagetable domain, ClientTask caller)
    {
        var alignment = Math.Max(AlignmentOf(domain), Alignment);
        if (alignment > PageSize)
        {
            return Errno.EINVAL;
        }

        if (alignment != Alignment && !IsAligned(alignment))
        {
            return Errno.EADDRINUSE;
        }

        var last = domain.Unit.ApertureLast;
        if (last != ulong.MaxValue && !TryReserve(last + 1, ulong.MaxValue, domain))
        {
            return Errno.EADDRINUSE;
        }

        if (_domains.Count == 0)
        {
            var filled = FillAll(caller);
            if (filled.IsError)
            {
                RemoveReservations(domain);
                return filled;
            }
        }

        Alignment = alignment;
        _domains.Add(domain);
        if (domain.Domain.Dirty is { } log)
        {
            _logs.Add(log);
        }

        return SysResult.Success;
    }

    /// <summary>iopt_table_remove_domain: the last one gives all memory back. Nothing where it never was added.</summary>
    public void RemoveDomain(HwPagetable domain)
    {
        if (!_domains.Remove(domain))
        {
            return;
        }

        if (domain.Domain.Dirty is { } log)
        {
            _logs.Remove(log);
        }

        RemoveReservations(domain);
        Alignment = WantedAlignment();
        if (_domains.Count == 0)
        {
            UnfillBelow(null);
        }
    }

    /// <summary>iopt_disable_large_pages: from here on every page is mapped by itself, so that a mapping can be cut
    /// anywhere.</summary>
    /// <returns>Zero; EINVAL where a page table has merged pages already; EADDRINUSE where something is mapped by less than whole
    /// pages.</returns>
    public SysResult DisableLargePages()
    {
        if (!HasLargePages)
        {
            return SysResult.Success;
        }

        if (_domains.Count > 0 && _areas.Count > 0)
        {
            return Errno.EINVAL;
        }

        HasLargePages = false;
        var alignment = WantedAlignment();
        if (alignment > Alignment && !IsAligned(alignment))
        {
            HasLargePages = true;
            return Errno.EADDRINUSE;
        }

        Alignment = alignment;
        return SysResult.Success;
    }

    /// <summary>iopt_enable_large_pages.</summary>
    public void EnableLargePages()
    {
        HasLargePages = true;
        Alignment = WantedAlignment();
    }

    private static ulong AlignmentOf(HwPagetable domain) => 1UL << BitOperations.TrailingZeroCount(domain.Unit.PageSizes);

    private ulong WantedAlignment()
        => _domains.Select(AlignmentOf).Append(HasLargePages ? 1UL : PageSize).Max();

    private bool TryReserve(ulong first, ulong last, object owner)
    {
        if (_areas.TryFindOverlap(first, last, out _) || _allowed.TryFindOverlap(first, last, out _))
        {
            return false;
        }

        _reservations.Add(new IoasReservation(first, last, owner));
        return true;
    }

    private bool TryFindReserved(ulong first, ulong last, out IoasReservation found)
    {
        for (var i = 0; i < _reservations.Count; i++)
        {
            if (_reservations[i].First <= last && _reservations[i].Last >= first)
            {
                found = _reservations[i];
                return true;
            }
        }

        found = default;
        return false;
    }

    private bool IsAligned(ulong alignment)
    {
        var mask = alignment - 1;
        for (var more = _areas.TryFindOverlap(0, ulong.MaxValue, out var area); more;
            more = _areas.TryFindAfter(area.First, out area))
        {
            if (((area.First | (area.Last + 1) | area.Value.Address) & mask) != 0)
            {
                return false;
            }
        }

        return true;
    }
}
