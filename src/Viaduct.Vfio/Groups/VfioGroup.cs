using System.Globalization;
using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Iommu.Iommufd;
using Viaduct.Memory;
using Viaduct.Vfio.Containers;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;

namespace Viaduct.Vfio.Groups;

/// <summary>
/// A VFIO group (struct vfio_group, drivers/vfio/group.c): the unit that is opened, once, and put into a container.
/// Its state changes under <see cref="VfioSystem.Gate"/>.
/// </summary>
public sealed class VfioGroup
{
    // The first dynamic major that a kernel hands out; clients only compare it with what sysfs says.
    private const uint Major = 235;

    private readonly List<VfioDevice> _devices = [];

    internal VfioGroup(VfioSystem system, IommuGroup iommu)
    {
        System = system;
        Iommu = iommu;
    }

    /// <summary>The group that the IOMMU knows.</summary>
    public IommuGroup Iommu { get; }

    /// <summary>There is no IOMMU before the devices: VFIO_NO_IOMMU.</summary>
    public bool IsNoIommu => Iommu.IsNoIommu;

    /// <summary>The name of its node and in sysfs's class: <c>7</c>, or <c>noiommu-7</c>.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{(IsNoIommu ? "noiommu-" : "")}{Iommu.Id}");

    /// <summary>What it takes to open its node, or those of its devices, beside permission bits; null where that is nothing.</summary>
    public Capability? NodeCapability => IsNoIommu ? Capability.SysRawIo : null;

    /// <summary>The devices bound to a VFIO driver that is not leaving them.</summary>
    public IReadOnlyList<VfioDevice> Devices => _devices;

    /// <summary>st_rdev of its node below /dev/vfio.</summary>
    public DeviceNumber DeviceNumber => new(Major, (uint)Iommu.Id);

    /// <summary>The container it is in, or null.</summary>
    internal Container? Container { get; set; }

    /// <summary>The iommufd that stands in for a container, or null.</summary>
    internal IommufdContext? Iommufd { get; set; }

    /// <summary>The virtual machine that devices opened from now on are in: group->kvm.</summary>
    internal IVirtualMachine? VirtualMachine { get; set; }

    /// <summary>Devices bound to a VFIO driver, those that it is leaving included.</summary>
    internal int Drivers { get; private set; }

    /// <summary>The last driver has left: the IOMMU's group is no longer behind this one.</summary>
    internal bool IsRevoked { get; private set; }

    /// <summary>vfio_group_has_iommu.</summary>
    internal bool HasIommu => Container is not null || Iommufd is not null;

    /// <summary>One for being in a container, and one for each open device: the kernel's container_users.</summary>
    internal int ContainerUsers { get; set; }

    /// <summary>Devices that are bound through their own nodes, which bars the group's.</summary>
    internal int CdevOpenCount { get; set; }

    internal VfioSystem System { get; }

    /// <summary>The one open file of this group, or null.</summary>
    internal GroupFile? OpenedFile { get; set; }

    /// <summary>open() of its node: EBUSY while somebody has it. Whether the caller may (<see cref="NodeCapability"/>) is the door's to
    /// ask.</summary>
    public SysResult Open(out GroupFile? file)
    {
        file = null;
        lock (System.Gate)
        {
            if (Drivers == 0)
            {
                return Errno.ENODEV;
            }

            if (CdevOpenCount > 0 || OpenedFile is not null)
            {
                return Errno.EBUSY;
            }

            OpenedFile = file = new GroupFile(this);
            return SysResult.Success;
        }
    }

    internal void Add(VfioDevice device)
    {
        _devices.Add(device);
        Drivers++;
    }

    /// <summary>vfio_device_group_unregister: nobody can open it any more.</summary>
    internal void Hide(VfioDevice device) => _devices.Remove(device);

    /// <summary>vfio_device_remove_group: a device has been left by its driver. With the last one the group goes: who has it open
    /// keeps a file that has no group behind it.</summary>
    internal void Remove()
    {
        if (--Drivers > 0)
        {
            return;
        }

        IsRevoked = true;
        Container?.Detach(this);
    }

    /// <summary>vfio_device_get_from_name(): ENODEV where no device answers to it.</summary>
    internal SysResult FindDevice(ReadOnlySpan<byte> request, out VfioDevice? found)
    {
        found = null;
        foreach (var device in _devices)
        {
            var match = device.Match(request);
            if (match.IsError)
            {
                return match;
            }

            if (match.Raw > 0)
            {
                found = device;
                return SysResult.Success;
            }
        }

        return Errno.ENODEV;
    }
}
