using Viaduct.Memory;

namespace Viaduct.Kvm;

/// <summary>A DMA window as the VMM emulates it: SpaprTceTable of QEMU's hw/ppc/spapr_iommu.c. Where KVM has a table for it, both have the same memory.</summary>
internal sealed class VmmTceTable
{
    private readonly ulong[]? _own;
    private readonly SharedWords? _shared;

    /// <summary>One that KVM knows too.</summary>
    public VmmTceTable(GuestTceTable table)
    {
        _shared = table.Words;
        (PageShift, BusOffset, Pages) = (table.PageShift, table.Offset << table.PageShift, table.Size);
    }

    /// <summary>One of the VMM's alone.</summary>
    public VmmTceTable(int pageShift, ulong busOffset, uint pages)
    {
        _own = new ulong[pages];
        (PageShift, BusOffset, Pages) = (pageShift, busOffset, pages);
    }

    public int PageShift { get; }

    public ulong PageSize => 1UL << PageShift;

    /// <summary>The window's first bus address.</summary>
    public ulong BusOffset { get; }

    public ulong Pages { get; }

    /// <summary>The containers that hear of what changes (memory_region_notify_iommu).</summary>
    public List<VmmContainer> Containers { get; } = [];

    public ulong this[ulong index]
    {
        get => _shared is null ? _own![index] : _shared.Read(index);
        set
        {
            if (_shared is null)
            {
                _own![index] = value;
            }
            else
            {
                _shared.Write(index, value);
            }
        }
    }
}
