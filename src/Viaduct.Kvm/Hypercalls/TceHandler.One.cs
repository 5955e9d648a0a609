using System.Runtime.CompilerServices;
using Viaduct.Iommu.SpaprTce;

namespace Viaduct.Kvm;

/// <summary>The same for what most guests have, one window with pages of the guest's size: a few stores.</summary>
internal sealed partial class TceHandler<TStage>
{
    // A list as it was read, and what the hardware's entries become.
    private readonly ulong[] _tces = new ulong[Hcall.MaxIndirect];
    private readonly ulong[] _entries = new ulong[Hcall.MaxIndirect];

    /// <summary>What was found last becomes the shortcut, where it is one of these.</summary>
    /// <param name="changes">The mark's, before that was found or found good again.</param>
    /// <param name="shortcut">To be replaced.</param>
    public void Remember(long changes, ref PutShortcut shortcut)
    {
        if (_table is { IsGone: false, Attached: [{ SplitShift: 0, IsShared: true } attached] } table
            && _slot is { IsGone: false } slot
            && _region is { IsGoing: false } region && region.PageShift >= attached.PageShift)
        {
            shortcut.Remember(changes, table, attached, slot, region);
        }
    }

    /// <summary>H_PUT_TCE of an entry that allows something.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long PutOne(GuestTceTable table, AttachedTable attached, ulong index, ulong tce)
    {
        var guest = tce & ~Tce.Permissions;
        if ((tce & table.OffsetMask) != 0 || FindSlot(guest) is not { } slot)
        {
            return Hcall.H_TOO_HARD;
        }

        var address = slot.Translate(guest);
        if (!IsMappable(attached, address)
            || (!TStage.MaySleep && !table.HasMemory(index))
            || !TryExchange(attached, index, address | (tce & Tce.Permissions), out var old))
        {
            return Hcall.H_TOO_HARD;
        }

        if (old != 0)
        {
            Kill(attached);
        }

        if (TStage.MaySleep)
        {
            table.Put(index, tce);
        }
        else
        {
            table.Words.Write(index, tce);
        }

        return Hcall.H_SUCCESS;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Kill(AttachedTable attached) => attached.Table.Kill();

    /// <summary>kvmppc_tce_validate for a whole list: what to write, where each entry allows something.</summary>
    /// <returns>Zero: <see cref="_entries"/> is made. H_TOO_HARD; H_PARAMETER where it takes the second pass to find out what comes of an
    /// entry.</returns>
    private long Prepare(GuestTceTable table, AttachedTable attached, ReadOnlySpan<ulong> tces)
    {
        var entries = _entries.AsSpan(0, tces.Length);
        var mask = table.OffsetMask;
        var size = attached.PageSize;

        // What is found now stays until the mark is left.
        var slot = _slot is { IsGone: false } lastSlot ? lastSlot : null;
        var region = _region is { IsGoing: false } lastRegion ? lastRegion : null;
        for (var i = 0; i < tces.Length; i++)
        {
            var tce = tces[i];
            var guest = tce & ~Tce.Permissions;
            if ((tce & Tce.Permissions) == 0)
            {
                return Hcall.H_PARAMETER;
            }

            if ((tce & mask) != 0 || !TryFindSlot(guest, ref slot))
            {
                return Hcall.H_TOO_HARD;
            }

            var address = slot!.Translate(guest);
            if (region is null || !region.Contains(address, size))
            {
                region = LookUpRegion(address, size);
                if (region is null)
                {
                    return Hcall.H_TOO_HARD;
                }
            }

            if (region.PageShift < attached.PageShift)
            {
                return Hcall.H_TOO_HARD;
            }

            entries[i] = address | (tce & Tce.Permissions);
        }

        return Hcall.H_SUCCESS;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryFindSlot(ulong guest, ref MemorySlot? slot)
    {
        if (slot is null || !slot.Contains(guest))
        {
            _slot = slot = vm.FindSlot(guest);
        }

        return slot is not null;
    }

    /// <summary>Writes a list that is prepared.</summary>
    private long Write(GuestTceTable table, AttachedTable attached, ulong index, ReadOnlySpan<ulong> tces)
    {
        if (!attached.Table.HasPlaces(index, (ulong)tces.Length))
        {
            return Hcall.H_TOO_HARD;
        }

        var replaced = 0UL;
        ReadOnlySpan<ulong> entries = _entries.AsSpan(0, tces.Length);
        for (var at = index; !entries.IsEmpty;)
        {
            var run = attached.Table.Run(at, (ulong)entries.Length);
            if (run.IsEmpty)
            {
                // The window went meanwhile, and what is written goes nowhere.
                break;
            }

            for (var i = 0; i < run.Length && i < entries.Length; i++)
            {
                replaced |= run[i];
                Volatile.Write(ref run[i], entries[i]);
            }

            entries = entries[run.Length..];
            at += (ulong)run.Length;
        }

        if (replaced != 0)
        {
            attached.Table.Kill();
        }

        table.Put(index, tces);
        return Hcall.H_SUCCESS;
    }
}
