using System.Runtime.CompilerServices;
using Viaduct.Iommu.SpaprTce;

namespace Viaduct.Kvm;

internal sealed partial class TceHandler<TStage>
{
    /// <summary>kvmppc_h_put_tce.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Put(ulong liobn, ulong ioba, ulong tce)
    {
        if (FindTable(liobn) is not { } table)
        {
            return Hcall.H_TOO_HARD;
        }

        if (!table.TryIndex(ioba, 1, out var index))
        {
            return Hcall.H_PARAMETER;
        }

        var attached = table.Attached;
        return (tce & Tce.Permissions) != 0 && attached.Length == 1 && attached[0].SplitShift == 0
            ? PutOne(table, attached[0], index, tce)
            : Put(table, attached, index, tce);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long Put(GuestTceTable table, AttachedTable[] attached, ulong index, ulong tce)
    {
        var address = 0UL;
        var isMapping = (tce & Tce.Permissions) != 0;
        if (isMapping && !IsValid(table, attached, tce, out address))
        {
            return Hcall.H_TOO_HARD;
        }

        if (!TStage.MaySleep
            && ((tce != 0 && !table.HasMemory(index)) || (isMapping && attached.Length > 0 && !HasPlaces(attached, index, 1))))
        {
            return Hcall.H_TOO_HARD;
        }

        var replaces = false;
        var result = isMapping
            ? Put(attached, index, address | (tce & Tce.Permissions), ref replaces)
            : Remove(attached, index, ref replaces);
        if (replaces)
        {
            Kill(attached);
        }

        if (result == Hcall.H_SUCCESS)
        {
            table.Put(index, tce);
        }

        return result;
    }

    private long Put(AttachedTable[] attached, ulong index, ulong entry, ref bool replaces)
    {
        foreach (var one in attached)
        {
            if (!TryMap(one, index << one.SplitShift, 1UL << one.SplitShift, entry, ref replaces))
            {
                Clear(one, index, ref replaces);
                return Hcall.H_TOO_HARD;
            }
        }

        return Hcall.H_SUCCESS;
    }

    private long Remove(AttachedTable[] attached, ulong index, ref bool removes)
    {
        foreach (var one in attached)
        {
            if (!TryUnmap(one, index << one.SplitShift, 1UL << one.SplitShift, ref removes))
            {
                Clear(one, index, ref removes);
                return Hcall.H_TOO_HARD;
            }
        }

        return Hcall.H_SUCCESS;
    }

    /// <summary>iommu_tce_kill, once for all that the call has taken away.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Kill(AttachedTable[] attached)
    {
        foreach (var one in attached)
        {
            one.Table.Kill();
        }
    }

    /// <summary>kvmppc_tce_iommu_map: one of the guest's pages, which is some of the hardware's.</summary>
    private bool TryMap(AttachedTable attached, ulong first, ulong count, ulong entry, ref bool replaces)
    {
        for (var i = 0UL; i < count; i++)
        {
            var part = entry + (i << attached.PageShift);
            if (!IsMappable(attached, part & ~Tce.Permissions) || !TryExchange(attached, first + i, part, out var old))
            {
                return false;
            }

            replaces |= old != 0;
        }

        return true;
    }

    /// <summary>iommu_tce_xchg_no_kill. The hardware's entry holds nothing where it allows nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryExchange(AttachedTable attached, ulong index, ulong entry, out ulong old)
    {
        var value = (entry & Tce.Permissions) == 0 ? 0 : entry;
        if (TStage.MaySleep)
        {
            return attached.Table.TryExchange(index, value, out old);
        }

        old = attached.Table.ExchangeInPlace(index, value);
        return old != TceTable.NoPlace;
    }

    /// <summary>kvmppc_tce_iommu_unmap, of as many entries as there are: the entry that leads where nothing is registered any more stays, and so do those
    /// behind it.</summary>
    private bool TryUnmap(AttachedTable attached, ulong first, ulong count, ref bool removes)
    {
        if (attached.Table.IsRevoked)
        {
            return false;
        }

        for (var done = 0UL; done < count;)
        {
            var run = attached.Table.Run(first + done, count - done);
            done += run.IsEmpty ? attached.Table.PagesToNextRun(first + done) : (ulong)run.Length;
            if (!TryUnmap(attached, run, ref removes))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryUnmap(AttachedTable attached, Span<ulong> run, ref bool removes)
    {
        foreach (ref var entry in run)
        {
            var old = Volatile.Read(ref entry);
            if (old == 0)
            {
                continue;
            }

            if (!attached.IsShared || FindRegion(old & ~Tce.Permissions, attached.PageSize) is null)
            {
                return false;
            }

            Volatile.Write(ref entry, 0);
            removes = true;
        }

        return true;
    }

    /// <summary>kvmppc_clear_tce. What each entry of version 1 holds is the container's to give back.</summary>
    private static void Clear(AttachedTable attached, ulong index, ref bool removes)
    {
        for (var i = 0UL; attached.IsShared && i < 1UL << attached.SplitShift; i++)
        {
            removes |= attached.Table.ExchangeInPlace((index << attached.SplitShift) + i, 0) is not (0 or TceTable.NoPlace);
        }
    }
}
