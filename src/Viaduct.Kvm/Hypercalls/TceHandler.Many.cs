using System.Buffers.Binary;
using Viaduct.Iommu.SpaprTce;
using Viaduct.Memory;

namespace Viaduct.Kvm;

internal sealed partial class TceHandler<TStage>
{
    private const ulong ListMask = 4095;

    /// <summary>kvmppc_h_put_tce_indirect. The list is read once, so that what was checked is what is done.</summary>
    public long PutIndirect(ulong liobn, ulong ioba, ulong list, ulong count)
    {
        if (FindTable(liobn) is not { } table)
        {
            return Hcall.H_TOO_HARD;
        }

        if (count > Hcall.MaxIndirect || (list & ListMask) != 0 || !table.TryIndex(ioba, count, out var index))
        {
            return Hcall.H_PARAMETER;
        }

        var tces = _tces.AsSpan(0, (int)count);
        if (!TryFindUserAddress(list, out var address) || !TryRead(address, tces))
        {
            return Hcall.H_TOO_HARD;
        }

        var attached = table.Attached;
        if (attached.Length == 1 && attached[0] is { SplitShift: 0, IsShared: true })
        {
            var prepared = Prepare(table, attached[0], tces);
            if (prepared == Hcall.H_TOO_HARD)
            {
                return prepared;
            }

            // The other way makes places where they are missing, and does entries one by one.
            if (prepared == Hcall.H_SUCCESS && table.HasMemory(index, count) && Write(table, attached[0], index, tces) == Hcall.H_SUCCESS)
            {
                return Hcall.H_SUCCESS;
            }
        }

        return PutList(table, attached, index, tces);
    }

    private long PutList(GuestTceTable table, AttachedTable[] attached, ulong index, ReadOnlySpan<ulong> tces)
    {
        foreach (var tce in tces)
        {
            if ((tce & Tce.Permissions) != 0 && !IsValid(table, attached, tce, out _))
            {
                return Hcall.H_TOO_HARD;
            }
        }

        if (!TStage.MaySleep
            && (!table.HasMemory(index, (ulong)tces.Length)
                || (attached.Length > 0 && !HasPlaces(attached, index, (ulong)tces.Length))))
        {
            return Hcall.H_TOO_HARD;
        }

        return Put(table, attached, index, tces);
    }

    /// <summary>kvmppc_h_stuff_tce.</summary>
    public long Stuff(ulong liobn, ulong ioba, ulong value, ulong count)
    {
        if (FindTable(liobn) is not { } table)
        {
            return Hcall.H_TOO_HARD;
        }

        if (!table.TryIndex(ioba, count, out var index) || (value & Tce.Permissions) != 0)
        {
            return Hcall.H_PARAMETER;
        }

        if (!TStage.MaySleep && value != 0 && !table.HasMemory(index, count))
        {
            return Hcall.H_TOO_HARD;
        }

        var attached = table.Attached;
        var removes = false;
        var isDone = count == 0 || TryUnmapAll(attached, index, count, ref removes);
        if (removes)
        {
            Kill(attached);
        }

        if (!isDone)
        {
            return Hcall.H_TOO_HARD;
        }

        table.Fill(index, count, value);
        return Hcall.H_SUCCESS;
    }

    private bool TryUnmapAll(AttachedTable[] attached, ulong index, ulong count, ref bool removes)
    {
        foreach (var one in attached)
        {
            if (!TryUnmap(one, index << one.SplitShift, count << one.SplitShift, ref removes))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The second pass: entries that allow nothing have not been checked, and end it where they lead nowhere.</summary>
    private long Put(GuestTceTable table, AttachedTable[] attached, ulong index, ReadOnlySpan<ulong> tces)
    {
        var done = 0;
        var replaces = false;
        var result = Hcall.H_SUCCESS;
        for (; done < tces.Length; done++)
        {
            var tce = tces[done];
            if (!TryFindUserAddress(tce, out var address))
            {
                result = Hcall.H_PARAMETER;
                break;
            }

            result = Put(attached, index + (ulong)done, address | (tce & Tce.Permissions), ref replaces);
            if (result != Hcall.H_SUCCESS)
            {
                break;
            }
        }

        if (replaces)
        {
            Kill(attached);
        }

        table.Put(index, tces[..done]);
        return result;
    }

    /// <summary>get_user, of the whole list. Where memory that is registered is mapped here, this is a copy.</summary>
    private bool TryRead(ulong address, Span<ulong> tces)
    {
        var bytes = StructBytes.Of(tces);
        if (FindRegion(address, (ulong)bytes.Length) is { } region && region.TryGetSpan(address, bytes.Length, out var source))
        {
            source.CopyTo(bytes);
        }
        else if (!TStage.MaySleep ? bytes.Length > 0 : !vm.Memory.TryRead(address, bytes))
        {
            return false;
        }

        if (BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(tces, tces);
        }

        return true;
    }
}
