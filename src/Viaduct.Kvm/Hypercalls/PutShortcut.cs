using System.Numerics;
using System.Runtime.CompilerServices;
using Viaduct.Iommu.SpaprTce;
using Viaduct.Memory;

namespace Viaduct.Kvm;

/// <summary>
/// What the last H_PUT_TCE found, in one place: a guest's table with one window of the same pages behind it, and the part of a memory slot that one
/// registered region holds. Good while the processor's <see cref="LookupMark.Changes"/> are what they were before anything of it was looked up.
/// It says no wherever an answer needs more than stores; then the handler finds out what is right.
/// </summary>
internal struct PutShortcut
{
    private long _changes;
    private ulong _liobn;

    // Of the window: its first bus address, its pages.
    private ulong _start;
    private ulong _pages;
    private int _pageShift;

    // Guest addresses where a page may begin: the first, how far an entry with the last one is from it, and what makes a client's address of them.
    private ulong _guest;
    private ulong _reach;
    private ulong _toClient;
    private ulong _offsetMask;

    private GuestTceTable? _table;
    private SharedWords? _words;
    private TceTable? _hardware;

    /// <summary>Remembers an entry's way, where it begins and ends in memory that has room for a page.</summary>
    /// <param name="changes">The mark's, before anything was looked up.</param>
    /// <param name="table">The guest's table.</param>
    /// <param name="attached">The only window behind it, with pages of the same size.</param>
    /// <param name="slot">A slot.</param>
    /// <param name="region">A region; pages of the window may be mapped into it.</param>
    public void Remember(long changes, GuestTceTable table, AttachedTable attached, MemorySlot slot, RegisteredRegion region)
    {
        // By the client's addresses, where neither wraps.
        var first = Math.Max(slot.UserAddress, region.Address);
        var last = Math.Min(slot.UserAddress + (slot.Size - 1), region.Address + (region.Size - attached.PageSize));
        if (region.Size < attached.PageSize || first > last)
        {
            return;
        }

        _guest = slot.GuestAddress + (first - slot.UserAddress);
        _reach = (last - first) | Tce.Permissions;
        _toClient = first - _guest;
        _liobn = table.Liobn;
        _start = table.Offset << table.PageShift;
        _pages = table.Size;
        _pageShift = table.PageShift;
        _offsetMask = table.OffsetMask;
        _table = table;
        _words = table.Words;
        _hardware = attached.Table;
        _changes = changes;
    }

    /// <summary>H_PUT_TCE of an entry that allows something.</summary>
    /// <param name="changes">The mark's, now; the caller is inside it.</param>
    /// <param name="liobn">r4.</param>
    /// <param name="ioba">r5.</param>
    /// <param name="tce">r6.</param>
    /// <returns>The hardware's entry that was there: where it is not zero, <see cref="Kill"/> is due. <see cref="TceTable.NoPlace"/> where this does not
    /// apply, and nothing is done.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ulong Put(long changes, ulong liobn, ulong ioba, ulong tce)
    {
        // What is not a multiple of the page comes out beyond any window's end; so does what is below its start.
        var index = BitOperations.RotateRight(ioba - _start, _pageShift);
        if (_changes != changes || _liobn != liobn || index >= _pages
            || (tce & Tce.Permissions) == 0 || (tce & _offsetMask) != 0 || tce - _guest > _reach
            || !_table!.HasMemory(index))
        {
            return TceTable.NoPlace;
        }

        var old = _hardware!.ExchangeInPlace(index, tce + _toClient);
        if (old != TceTable.NoPlace)
        {
            _words!.Write(index, tce);
        }

        return old;
    }

    /// <summary>iommu_tce_kill.</summary>
    public readonly void Kill() => _hardware!.Kill();
}
