using System.Runtime.CompilerServices;
using Viaduct.Memory;

namespace Viaduct.Kvm;

/// <summary>
/// A guest's DMA window as KVM knows it (struct kvmppc_spapr_tce_table, arch/powerpc/kvm/book3s_64_vio.c): what the guest has written, by
/// guest addresses, in memory that the VMM can map. Any thread reads and writes entries; who is attached changes under the VM's lock.
/// </summary>
public sealed class GuestTceTable
{
    // A page of the kernel's each; true: it holds memory, so that writing it is a store.
    private readonly bool[] _hasMemory;
    private readonly int _entriesShift;
    private volatile AttachedTable[] _attached = [];
    private volatile bool _isGone;

    internal GuestTceTable(KvmVm vm, ulong liobn, int pageShift, ulong offset, ulong size, SharedWords words)
    {
        Vm = vm;
        Liobn = liobn;
        PageShift = pageShift;
        Offset = offset;
        Size = size;
        Words = words;
        OffsetMask = ((1UL << pageShift) - 1) & ~Iommu.SpaprTce.Tce.Permissions;
        _entriesShift = vm.KernelPageShift - 3;
        _hasMemory = new bool[(int)((size + (1UL << _entriesShift) - 1) >> _entriesShift)];
    }

    /// <summary>The machine.</summary>
    public KvmVm Vm { get; }

    /// <summary>Logical I/O bus number: by which the guest's hypercalls name it.</summary>
    public ulong Liobn { get; }

    /// <summary>log2 of the window's pages, 12 to 34.</summary>
    public int PageShift { get; }

    /// <summary>The window's first bus address, in pages.</summary>
    public ulong Offset { get; }

    /// <summary>Pages of the window, above zero.</summary>
    public ulong Size { get; }

    /// <summary>The windows that entries go to, the last one attached first.</summary>
    public IEnumerable<Iommu.SpaprTce.TceTable> HardwareTables => _attached.Select(attached => attached.Table);

    /// <summary>The entries, and behind them what is left of the kernel's last page.</summary>
    internal SharedWords Words { get; }

    /// <summary>Bits of an entry that are zero where it allows something: those of an address inside a page.</summary>
    internal ulong OffsetMask { get; }

    internal AttachedTable[] Attached
    {
        get => _attached;
        set => _attached = value;
    }

    internal bool IsGone
    {
        get => _isGone;
        set => _isGone = value;
    }

    /// <summary>What the guest has written.</summary>
    /// <param name="index">Pages from the window's start, below <see cref="Size"/>.</param>
    public ulong Get(ulong index) => Words.Read(index);

    /// <summary>kvmppc_ioba_validate.</summary>
    /// <param name="ioba">A bus address.</param>
    /// <param name="pages">How many from there on must be in the window.</param>
    /// <param name="index">Pages from the window's start.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryIndex(ulong ioba, ulong pages, out ulong index)
    {
        var entry = ioba >> PageShift;
        index = entry - Offset;
        return entry << PageShift == ioba && entry >= Offset && pages <= Size && index <= Size - pages;
    }

    /// <summary>Writing these entries takes no new memory.</summary>
    internal bool HasMemory(ulong index, ulong count)
    {
        for (var page = index >> _entriesShift; count > 0 && page <= (index + (count - 1)) >> _entriesShift; page++)
        {
            if (!_hasMemory[page])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The same for one entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool HasMemory(ulong index) => _hasMemory[(uint)(index >> _entriesShift)];

    /// <summary>kvmppc_tce_put.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Put(ulong index, ulong tce)
    {
        ref var hasMemory = ref _hasMemory[index >> _entriesShift];
        if (hasMemory || tce != 0)
        {
            Words.Write(index, tce);
            hasMemory = true;
        }
    }

    /// <summary>The same for many.</summary>
    internal void Put(ulong index, ReadOnlySpan<ulong> tces)
    {
        Words.Write(index, tces);
        if (!tces.IsEmpty)
        {
            _hasMemory[index >> _entriesShift] = true;
            _hasMemory[(index + ((ulong)tces.Length - 1)) >> _entriesShift] = true;
        }
    }

    /// <summary>The same with one value for many.</summary>
    internal void Fill(ulong index, ulong count, ulong tce)
    {
        while (count > 0)
        {
            var page = index >> _entriesShift;
            var part = Math.Min(count, ((page + 1) << _entriesShift) - index);
            if (_hasMemory[page] || tce != 0)
            {
                Words.Fill(index, (int)part, tce);
                _hasMemory[page] = true;
            }

            index += part;
            count -= part;
        }
    }

    /// <summary>Reads for a stage that may sleep.</summary>
    internal ulong GetAndKeep(ulong index)
    {
        var tce = Words.Read(index);
        _hasMemory[index >> _entriesShift] = true;
        return tce;
    }
}
