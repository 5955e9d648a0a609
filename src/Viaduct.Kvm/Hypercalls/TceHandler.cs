using System.Runtime.CompilerServices;
using Viaduct.Iommu.SpaprTce;

namespace Viaduct.Kvm;

/// <summary>
/// Answers a virtual processor's TCE hypercalls as arch/powerpc/kvm/book3s_64_vio.c does: the order of checks and what is done before a
/// check fails are its. One thread at a time, inside the processor's <see cref="LookupMark"/>.
/// </summary>
/// <param name="vm">The machine.</param>
/// <typeparam name="TStage">What it may do.</typeparam>
internal sealed partial class TceHandler<TStage>(KvmVm vm)
    where TStage : struct, ITceStage
{
    // What was found last, which is what is asked for next most of the time.
    private GuestTceTable? _table;
    private MemorySlot? _slot;
    private RegisteredRegion? _region;

    /// <summary>kvmppc_h_get_tce.</summary>
    public long Get(ulong liobn, ulong ioba, out ulong tce)
    {
        tce = 0;
        if (FindTable(liobn) is not { } table)
        {
            return Hcall.H_TOO_HARD;
        }

        if (!table.TryIndex(ioba, 1, out var index))
        {
            return Hcall.H_PARAMETER;
        }

        if (table.HasMemory(index))
        {
            tce = table.Get(index);
            return Hcall.H_SUCCESS;
        }

        if (!TStage.MaySleep)
        {
            return Hcall.H_TOO_HARD;
        }

        tce = table.GetAndKeep(index);
        return Hcall.H_SUCCESS;
    }

    /// <summary>kvmppc_find_table: all 64 bits count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private GuestTceTable? FindTable(ulong liobn)
        => _table is { IsGone: false } last && last.Liobn == liobn ? last : LookUpTable(liobn);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private GuestTceTable? LookUpTable(ulong liobn)
    {
        foreach (var table in vm.TableArray)
        {
            if (table.Liobn == liobn)
            {
                return _table = table;
            }
        }

        return null;
    }

    /// <summary>kvmppc_tce_to_ua.</summary>
    private bool TryFindUserAddress(ulong tce, out ulong address)
    {
        var guest = tce & ~Tce.Permissions;
        var slot = FindSlot(guest);
        address = slot is null ? 0 : slot.Translate(guest);
        return slot is not null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private MemorySlot? FindSlot(ulong guest)
        => _slot is { IsGone: false } last && last.Contains(guest) ? last : LookUpSlot(guest);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private MemorySlot? LookUpSlot(ulong guest) => _slot = vm.FindSlot(guest);

    /// <summary>mm_iommu_lookup.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private RegisteredRegion? FindRegion(ulong address, ulong size)
        => _region is { IsGoing: false } last && last.Contains(address, size) ? last : LookUpRegion(address, size);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private RegisteredRegion? LookUpRegion(ulong address, ulong size)
    {
        if (!vm.Registered.TryFind(address, size, out var found) || found!.IsGoing)
        {
            return null;
        }

        return _region = found;
    }

    /// <summary>mm_iommu_lookup and mm_iommu_ua_to_hpa: one of the hardware's pages that may be mapped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsMappable(AttachedTable attached, ulong address)
        => attached.IsShared
            && FindRegion(address, attached.PageSize) is { } region
            && region.PageShift >= attached.PageShift;

    /// <summary>kvmppc_tce_validate, of an entry that allows something.</summary>
    private bool IsValid(GuestTceTable table, AttachedTable[] attached, ulong tce, out ulong address)
    {
        if ((tce & table.OffsetMask) != 0)
        {
            address = 0;
            return false;
        }

        if (!TryFindUserAddress(tce, out address))
        {
            return false;
        }

        foreach (var one in attached)
        {
            if (!IsMappable(one, address))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A stage that takes no memory asks for it before it begins.</summary>
    private static bool HasPlaces(AttachedTable[] attached, ulong entry, ulong count)
    {
        foreach (var one in attached)
        {
            if (!one.Table.HasPlaces(entry << one.SplitShift, count << one.SplitShift))
            {
                return false;
            }
        }

        return true;
    }
}
