using System.Buffers.Binary;
using Viaduct.Iommu.SpaprTce;
using Viaduct.Memory;
using Viaduct.Vfio.Containers;

namespace Viaduct.Kvm;

/// <summary>
/// A VMM as far as TCE hypercalls go: it decodes them as QEMU does (hw/ppc/spapr_iommu.c), has tables of its own or KVM's, and tells
/// containers each entry that changes. Windows are added before a guest runs.
/// <para>What QEMU's rules make different from the kernel's: the bus address is rounded down to a page; a range is found out to be too
/// long only where it ends; no entries to write are H_PARAMETER; an entry is kept whatever becomes of its mapping; LIOBNs have 32 bits, and
/// one that is unknown is H_PARAMETER.</para>
/// </summary>
/// <param name="vm">Whose memory slots lead from a guest's address to the VMM's.</param>
/// <param name="task">The VMM: who calls its containers.</param>
public sealed class TceVmm(KvmVm vm, ClientTask task) : ITceVmm
{
    private readonly Dictionary<uint, VmmTceTable> _tables = [];

    /// <summary>A window that KVM has a table for.</summary>
    /// <param name="table">Whose LIOBN has 32 bits.</param>
    public void Add(GuestTceTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _tables.Add(checked((uint)table.Liobn), new VmmTceTable(table));
    }

    /// <summary>A window of the VMM's alone.</summary>
    /// <param name="liobn">By which hypercalls name it.</param>
    /// <param name="pageShift">log2 of its pages, 12 to 34.</param>
    /// <param name="busOffset">The first bus address: a multiple of its pages.</param>
    /// <param name="pages">How many.</param>
    public void Add(uint liobn, int pageShift, ulong busOffset, uint pages)
        => _tables.Add(liobn, new VmmTceTable(pageShift, busOffset, pages));

    /// <summary>A container hears of what changes in a window.</summary>
    /// <param name="liobn">A window that was added.</param>
    /// <param name="container">One with an sPAPR TCE back-end, which has a window there.</param>
    public void Connect(uint liobn, Container container) => _tables[liobn].Containers.Add(new VmmContainer(container, task));

    /// <summary>What a window holds.</summary>
    /// <param name="liobn">A window that was added.</param>
    /// <param name="index">Pages from the window's start.</param>
    public ulong Get(uint liobn, ulong index) => _tables[liobn][index];

    /// <inheritdoc/>
    public long Answer(ulong number, ulong liobn, ulong ioba, ulong argument, ulong count, out ulong value)
    {
        value = 0;
        if (HcallBit.Of(number) is null)
        {
            return Hcall.H_FUNCTION;
        }

        if (liobn > uint.MaxValue || !_tables.TryGetValue((uint)liobn, out var table))
        {
            return Hcall.H_PARAMETER;
        }

        ioba &= ~(table.PageSize - 1);
        return number switch
        {
            Hcall.H_GET_TCE => Get(table, ioba, out value),
            Hcall.H_PUT_TCE => Put(table, ioba, argument),
            Hcall.H_STUFF_TCE => Stuff(table, ioba, argument, count),
            _ => PutIndirect(table, ioba, argument, count),
        };
    }

    private static long Get(VmmTceTable table, ulong ioba, out ulong tce)
    {
        var index = (ioba - table.BusOffset) >> table.PageShift;
        tce = index < table.Pages ? table[index] : 0;
        return index < table.Pages ? Hcall.H_SUCCESS : Hcall.H_PARAMETER;
    }

    /// <summary>put_tce_emu.</summary>
    private long Put(VmmTceTable table, ulong ioba, ulong tce)
    {
        var index = (ioba - table.BusOffset) >> table.PageShift;
        if (index >= table.Pages)
        {
            return Hcall.H_PARAMETER;
        }

        table[index] = tce;
        foreach (var container in table.Containers)
        {
            Notify(container, table, ioba, tce);
        }

        return Hcall.H_SUCCESS;
    }

    private long Stuff(VmmTceTable table, ulong ioba, ulong value, ulong count)
    {
        if (count > table.Pages)
        {
            return Hcall.H_PARAMETER;
        }

        var result = Hcall.H_PARAMETER;
        for (var i = 0UL; i < count; i++)
        {
            result = Put(table, ioba + (i << table.PageShift), value);
            if (result != Hcall.H_SUCCESS)
            {
                break;
            }
        }

        return result;
    }

    /// <summary>Memory that is not there reads as zeros.</summary>
    private long PutIndirect(VmmTceTable table, ulong ioba, ulong list, ulong count)
    {
        if (count > Hcall.MaxIndirect || (list & 4095) != 0)
        {
            return Hcall.H_PARAMETER;
        }

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        var result = Hcall.H_PARAMETER;
        for (var i = 0UL; i < count; i++)
        {
            if (!vm.TryFindUserAddress(list + i * sizeof(ulong), out var address) || !task.Memory.TryRead(address, bytes))
            {
                bytes.Clear();
            }

            result = Put(table, ioba + (i << table.PageShift), BinaryPrimitives.ReadUInt64BigEndian(bytes));
            if (result != Hcall.H_SUCCESS)
            {
                break;
            }
        }

        return result;
    }

    /// <summary>vfio_iommu_map_notify. A mapping that fails is reported there; the guest does not hear of it.</summary>
    private void Notify(VmmContainer container, VmmTceTable table, ulong ioba, ulong tce)
    {
        var guest = tce & ~(table.PageSize - 1);
        if ((tce & Tce.Permissions) == 0)
        {
            container.Unmap(ioba, table.PageSize);
        }
        else if (vm.TryFindUserAddress(guest, out var address)
            && vm.TryFindUserAddress(guest + (table.PageSize - 1), out var last) && last - address == table.PageSize - 1)
        {
            container.Map(ioba, address, table.PageSize, tce & Tce.Permissions);
        }
    }
}
