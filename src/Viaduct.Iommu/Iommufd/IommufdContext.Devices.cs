using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <content>Devices: drivers/iommu/iommufd/device.c.</content>
public sealed partial class IommufdContext
{
    private readonly Dictionary<IommuGroup, IommufdGroup> _groups = [];

    /// <summary>iommufd_device_bind: the device is this context's, and its DMA blocked until it is attached.</summary>
    /// <param name="group">The device's group. The VFIO core's lock is held, which guards a group's owner.</param>
    /// <param name="device">The device.</param>
    /// <returns>Zero; EPERM where it could forge interrupts; EPERM too where another owner has the group; ENOMEM.</returns>
    public SysResult Bind(IommuGroup group, out IommufdDevice? device)
    {
        device = null;
        if (!group.Unit.HasIsolatedMsi)
        {
            return Errno.EPERM;
        }

        if (group.HasHostDriver || (group.Owner is { } owner && owner != this))
        {
            return Errno.EPERM;
        }

        lock (_lock)
        {
            var known = _groups.TryGetValue(group, out var entry);
            entry ??= new IommufdGroup(group);
            var bound = new IommufdDevice(this, entry);
            if (!_objects.TryAdd(bound.Object))
            {
                return Errno.ENOMEM;
            }

            if (!known)
            {
                _groups.Add(group, entry);
            }

            group.Owner = this;
            entry.DeviceCount++;
            _references++;

            // The driver's reference: no client can destroy a bound device.
            bound.Object.Users++;
            device = bound;
            return SysResult.Success;
        }
    }

    /// <summary>iommufd_ctx_has_group: a device of the group is bound here.</summary>
    public bool HasGroup(IommuGroup group)
    {
        lock (_lock)
        {
            return _groups.ContainsKey(group);
        }
    }

    internal void Unbind(IommufdDevice device)
    {
        lock (_lock)
        {
            Detach(device);
            _objects.Remove(device.Object);
            if (--device.Group.DeviceCount == 0)
            {
                _groups.Remove(device.Group.Iommu);
                device.Group.Iommu.Owner = null;
            }
        }

        Put();
    }

    internal SysResult Attach(IommufdDevice device, ClientTask caller, ref uint id)
    {
        lock (_lock)
        {
            if (!_objects.TryFind(id, out var target))
            {
                return Errno.ENOENT;
            }

            HwPagetable? table;
            SysResult result;
            switch (target)
            {
                case HwPagetable existing:
                    table = existing;
                    result = Use(device, existing);
                    break;
                case Ioas ioas:
                    result = AttachAutomatically(device, ioas, caller, out table);
                    break;
                default:
                    return Errno.EINVAL;
            }

            if (!result.IsError)
            {
                id = table!.Id;
            }

            return result;
        }
    }

    internal SysResult AttachPasid(IommufdDevice device, uint pasid, uint id)
    {
        lock (_lock)
        {
            if (!_objects.TryFind(id, out var target))
            {
                return Errno.ENOENT;
            }

            return pasid == 0 && device.IsAttached && target is (HwPagetable or Ioas) ? Errno.EBUSY : Errno.EINVAL;
        }
    }

    internal void Detach(IommufdDevice device)
    {
        lock (_lock)
        {
            var group = device.Group;
            if (!group.Attached.Remove(device))
            {
                return;
            }

            var table = group.PageTable!;
            if (group.Attached.Count == 0)
            {
                SetDomain(group, null);
                group.PageTable = null;
            }

            table.Ioas.RemoveReservations(device);
            device.Object.Users--;
            PutTable(table);
        }
    }

    /// <summary>iommufd_device_auto_get_domain: a page table that takes the device, or else a new one.</summary>
    private SysResult AttachAutomatically(IommufdDevice device, Ioas ioas, ClientTask caller, out HwPagetable? table)
    {
        foreach (var existing in ioas.PageTables.Where(t => t.IsAutomatic))
        {
            var used = Use(device, existing);
            if (used.Errno != Errno.EINVAL)
            {
                table = existing;
                return used;
            }
        }

        table = new HwPagetable(ioas, device.Group.Iommu.Unit, isAutomatic: true);
        if (!_objects.TryAdd(table))
        {
            return Errno.ENOMEM;
        }

        table.Attach();
        var filled = FillAndUse(device, table, caller);
        if (filled.IsError)
        {
            Abandon(device, table);
        }

        return filled;
    }

    /// <summary>A first attachment comes before the domain is filled, a replacement after.</summary>
    private SysResult FillAndUse(IommufdDevice device, HwPagetable table, ClientTask caller)
    {
        var replaces = device.IsAttached;
        var result = replaces ? table.Ioas.AddDomain(table, caller) : Use(device, table);
        if (result.IsError)
        {
            return result;
        }

        return replaces ? Use(device, table) : table.Ioas.AddDomain(table, caller);
    }

    private void Abandon(IommufdDevice device, HwPagetable table)
    {
        if (device.Group.PageTable == table)
        {
            Detach(device);
            return;
        }

        _objects.Remove(table);
        table.Destroy();
    }

    // A device of ours raises no page requests, which a page table with a fault queue wants: iommufd_fault_iopf_enable.
    private SysResult Use(IommufdDevice device, HwPagetable table)
        => table.Faults is not null ? Errno.ENODEV : device.IsAttached ? Replace(device.Group, table) : AttachTo(device, table);

    /// <summary>iommufd_hw_pagetable_attach.</summary>
    private static SysResult AttachTo(IommufdDevice device, HwPagetable table)
    {
        var group = device.Group;
        if ((group.PageTable is { } other && other != table) || !IsUsable(group, table))
        {
            return Errno.EINVAL;
        }

        var reserved = table.Ioas.Reserve(group.Iommu.Unit, device);
        if (reserved.IsError)
        {
            return reserved;
        }

        if (group.Attached.Count == 0)
        {
            group.PageTable = table;
            SetDomain(group, table.Domain);
        }

        group.Attached.Add(device);
        table.Users++;
        device.Object.Users++;
        return SysResult.Success;
    }

    /// <summary>A page table is of its unit's format; where no unit looks at it, any will do.</summary>
    private static bool IsUsable(IommufdGroup group, HwPagetable table)
        => group.Iommu.IsNoIommu || group.Iommu.Unit == table.Unit;

    /// <summary>iommufd_device_do_replace: all attached devices of the group go along.</summary>
    private SysResult Replace(IommufdGroup group, HwPagetable table)
    {
        var old = group.PageTable!;
        if (old == table)
        {
            return SysResult.Success;
        }

        if (!IsUsable(group, table))
        {
            return table.Unit.PhysicalMemory is null ? Errno.EINVAL : Errno.ENODEV; // its domain has no way to attach a device
        }

        if (old.Ioas != table.Ioas)
        {
            var reserved = ReserveForAll(group, table.Ioas);
            if (reserved.IsError)
            {
                return reserved;
            }
        }

        SetDomain(group, table.Domain);
        group.PageTable = table;
        if (old.Ioas != table.Ioas)
        {
            group.Attached.ForEach(old.Ioas.RemoveReservations);
        }

        table.Users += group.Attached.Count;
        for (var i = 0; i < group.Attached.Count; i++)
        {
            PutTable(old);
        }

        return SysResult.Success;
    }

    private static SysResult ReserveForAll(IommufdGroup group, Ioas ioas)
    {
        foreach (var device in group.Attached)
        {
            var reserved = ioas.Reserve(group.Iommu.Unit, device);
            if (reserved.IsError)
            {
                group.Attached.ForEach(ioas.RemoveReservations);
                return reserved;
            }
        }

        return SysResult.Success;
    }

    /// <summary>When this returns no transfer uses the old way.</summary>
    private static void SetDomain(IommufdGroup group, IoDomain? domain)
    {
        if (group.Iommu.IsNoIommu)
        {
            return; // nothing keeps its devices from memory, or leads them there
        }

        var old = group.Iommu.AddressSpace;
        group.Iommu.Domain = domain;
        old?.WaitForTransfers();
    }

    /// <summary>iommufd_hw_pagetable_put: an automatic page table goes with its last device.</summary>
    private void PutTable(HwPagetable table)
    {
        if (--table.Users == 1 && table.IsAutomatic)
        {
            _objects.Remove(table);
            table.Destroy();
        }
    }
}
