using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Iommu.SpaprTce;
using Viaduct.Memory;

namespace Viaduct.Kvm;

public sealed partial class KvmVm
{
    // sizeof(struct kvmppc_spapr_tce_table), which a pointer for each of its pages follows; and the most that kmalloc gives.
    private const ulong StructBytes = 112;
    private const ulong MaxStructBytes = 16 << 20;

    /// <summary>KVM_CREATE_SPAPR_TCE_64. Its memory counts as locked; pages of it are taken as they are written.</summary>
    /// <param name="caller">Whose limit it counts against.</param>
    /// <param name="args">The window.</param>
    /// <param name="table">The table, a user of the machine until <see cref="Release(GuestTceTable)"/>.</param>
    /// <returns>Zero; EINVAL; ENOMEM beyond RLIMIT_MEMLOCK, or where it is too large; EBUSY where the LIOBN has a table.</returns>
    public SysResult CreateSpaprTce(ClientTask caller, in KvmCreateSpaprTce64 args, out GuestTceTable? table)
    {
        table = null;
        if (args.Flags != 0 || args.Size == 0 || args.PageShift is < 12 or > 34
            || args.Offset + args.Size > ulong.MaxValue >> (int)args.PageShift)
        {
            return Errno.EINVAL;
        }

        var pages = TablePages(args.Size);
        var bytes = LockedBytes(pages);
        var result = LockedPages.Charge(caller, bytes);
        if (result.IsError)
        {
            return result;
        }

        result = StructBytes + pages * sizeof(ulong) > MaxStructBytes ? Errno.ENOMEM : Add(args, pages, out table);
        if (result.IsError)
        {
            LockedPages.Uncharge(Memory, bytes);
        }

        return result;
    }

    /// <summary>kvm_spapr_tce_release: hypercalls do not find the table any more, and its memory goes. What the windows behind it map stays: that is the
    /// container's.</summary>
    public void Release(GuestTceTable table)
    {
        lock (_lock)
        {
            _tables = [.. _tables.Where(other => other != table)];
            table.IsGone = true;
            LookupMark.Synchronize(_marks);
            table.Attached = [];
        }

        table.Words.Clear();
        LockedPages.Uncharge(Memory, LockedBytes(TablePages(table.Size)));
        Put();
    }

    /// <summary>kvm_spapr_tce_attach_iommu_group: a guest's table goes to the group's window that is where it is. Under the VFIO core's
    /// lock.</summary>
    /// <returns>Zero; EINVAL where no window fits, or the table is not of this machine.</returns>
    internal SysResult Attach(GuestTceTable table, IommuGroup group)
    {
        lock (_lock)
        {
            if (!_tables.Contains(table) || WindowsOf(group).FirstOrDefault(window => Fits(window, table)) is not { } window)
            {
                return Errno.EINVAL;
            }

            if (Array.Find(table.Attached, attached => attached.Table == window) is { } known)
            {
                known.References++;
                return SysResult.Success;
            }

            var added = new AttachedTable(window, table.PageShift - window.Window.PageShift, window.Memory == Registered);
            table.Attached = [added, .. table.Attached];
            LookupMark.Change(_marks);
            return SysResult.Success;
        }
    }

    /// <summary>kvm_spapr_tce_release_iommu_group: takes back one reference on each window that the group has now. Under the VFIO core's
    /// lock.</summary>
    internal void Detach(IommuGroup group)
    {
        lock (_lock)
        {
            foreach (var table in _tables)
            {
                table.Attached = Array.FindAll(
                    table.Attached,
                    attached => !WindowsOf(group).Contains(attached.Table) || --attached.References > 0);
            }

            LookupMark.Synchronize(_marks);
        }
    }

    private static IEnumerable<TceTable?> WindowsOf(IommuGroup group)
        => group.TableGroup is not { } tables ? [] : !group.IsInContainer ? [tables.HostTable] : tables.Tables;

    private static bool Fits(TceTable? window, GuestTceTable table)
        => window is { IsRevoked: false, Window: var made }
            && made.PageShift <= table.PageShift
            && made.Start == table.Offset << table.PageShift
            && made.Size >= table.Size << table.PageShift;

    private SysResult Add(in KvmCreateSpaprTce64 args, ulong pages, out GuestTceTable? table)
    {
        table = null;
        lock (_lock)
        {
            foreach (var other in _tables)
            {
                if (other.Liobn == args.Liobn)
                {
                    return Errno.EBUSY;
                }
            }

            var result = SharedWords.Create("kvm-spapr-tce", pages << (KernelPageShift - 3), out var words);
            if (result.IsError)
            {
                return Errno.ENOMEM;
            }

            Get();
            table = new GuestTceTable(this, args.Liobn, (int)args.PageShift, args.Offset, args.Size, words!);
            _tables = [table, .. _tables];
            return SysResult.Success;
        }
    }

    /// <summary>kvmppc_tce_pages.</summary>
    private ulong TablePages(ulong entries)
    {
        var shift = KernelPageShift - 3;
        return (entries >> shift) + ((entries & ((1UL << shift) - 1)) != 0 ? 1UL : 0);
    }

    /// <summary>kvmppc_stt_pages: the table and what describes it.</summary>
    private ulong LockedBytes(ulong pages)
        => (pages + ((StructBytes + pages * sizeof(ulong) + (1UL << KernelPageShift) - 1) >> KernelPageShift)) << KernelPageShift;
}
