using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Vfio.Containers;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Groups;
using Viaduct.Vfio.Iommufd;

namespace Viaduct.Vfio;

/// <summary>
/// One machine's VFIO: its groups, their devices, and the kinds of IOMMU that containers may choose. Every door serves
/// the objects of one of these.
/// </summary>
/// <param name="iommuDrivers">In the order in which the kernel would ask them.</param>
public sealed partial class VfioSystem(IReadOnlyList<IIommuDriver> iommuDrivers)
{
    // How often a client is asked for a device that its driver is leaving (vfio_unregister_group_dev).
    private static readonly TimeSpan s_requestInterval = TimeSpan.FromSeconds(10);

    private readonly SortedDictionary<int, VfioGroup> _groups = [];

    // Numbers of /dev/vfio/devices/vfioN that devices have, those included whose driver is leaving.
    private readonly HashSet<int> _indexes = [];

    /// <summary>
    /// Held over every change of who has what: container, group and device opens, their ioctls, their releases (the
    /// kernel's group_lock, container->group_lock and dev_set->lock in one). Outermost in the lock order; transfers and
    /// register accesses never take it.
    /// </summary>
    public Lock Gate { get; } = new();

    /// <summary>The kinds of IOMMU that a container may choose.</summary>
    public IReadOnlyList<IIommuDriver> IommuDrivers { get; } = iommuDrivers;

    /// <summary>The kernel has iommufd, and with it nodes of devices' own (CONFIG_IOMMUFD, CONFIG_VFIO_DEVICE_CDEV). POWER's has not.</summary>
    public bool HasIommufd { get; init; } = true;

    /// <summary>Device nodes that stand beside VFIO's.</summary>
    public IReadOnlyList<OtherNode> OtherNodes { get; init; } = [];

    /// <summary>The clock by which clients are asked for their devices.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The groups by number. Under <see cref="Gate"/>.</summary>
    public IReadOnlyCollection<VfioGroup> Groups => _groups.Values;

    /// <summary>vfio_register_group_dev: a VFIO driver has taken a device. It gets a number for its own node where it has none, and a group where it
    /// is the first of it.</summary>
    public void Add(VfioDevice device)
    {
        lock (Gate)
        {
            if (!_groups.TryGetValue(device.Group.Id, out var group))
            {
                _groups.Add(device.Group.Id, group = new VfioGroup(this, device.Group));
            }

            device.CharacterDevice ??= NewCharacterDevice();
            _indexes.Add(device.CharacterDevice.Value.Index);

            device.Gate = Gate;
            device.Register(group);
            group.Add(device);
        }

        SysfsChanged();
    }

    /// <summary>vfio_unregister_group_dev: the driver leaves a device. At once nobody can open it any more; its clients are asked for it
    /// until the last of them has closed it.</summary>
    /// <param name="device">A device of this system.</param>
    public async ValueTask RemoveAsync(VfioDevice device)
    {
        Task released;
        VfioGroup group;
        lock (Gate)
        {
            group = device.VfioGroup ?? throw new ArgumentException("The device is in no system.", nameof(device));
            group.Hide(device);
            released = device.Released.Task;
            device.Put();
        }

        SysfsChanged();
        for (var count = 0u; !released.IsCompleted; count++)
        {
            device.Request(count);
            await Task.WhenAny(released, Task.Delay(s_requestInterval, Time)).ConfigureAwait(false);
        }

        lock (Gate)
        {
            group.Remove();
            if (group.IsRevoked)
            {
                _groups.Remove(group.Iommu.Id);
            }

            _indexes.Remove(device.CharacterDevice!.Value.Index);
            device.CharacterDevice = null;
            device.VfioGroup = null;
        }

        SysfsChanged();
    }

    /// <summary>open() of /dev/vfio/vfio: anybody may, any number of times.</summary>
    public ContainerFile OpenContainer() => new(new Container(this));

    /// <summary>open() of /dev/iommu.</summary>
    public static IommufdFile OpenIommufd() => new();

    /// <summary>open() of /dev/vfio/devices/vfioN: anybody may, any number of times.</summary>
    /// <param name="device">A device that is, or was, in this system.</param>
    /// <param name="file">The file.</param>
    /// <returns>Zero; ENODEV where its driver has left it, or is about to.</returns>
    public SysResult OpenDevice(VfioDevice device, out CdevFile? file)
    {
        file = null;
        lock (Gate)
        {
            if (device.VfioGroup is not { } group || !group.Devices.Contains(device))
            {
                return Errno.ENODEV;
            }

            device.Get();
            file = new CdevFile(group, device);
            return SysResult.Success;
        }
    }

    /// <summary>The group of that number, or null.</summary>
    public VfioGroup? FindGroup(int id)
    {
        lock (Gate)
        {
            return _groups.GetValueOrDefault(id);
        }
    }

    private (int Index, DeviceNumber Number) NewCharacterDevice()
    {
        var index = 0;
        while (_indexes.Contains(index))
        {
            index++;
        }

        return (index, DeviceNumber.Cdev(index));
    }
}
