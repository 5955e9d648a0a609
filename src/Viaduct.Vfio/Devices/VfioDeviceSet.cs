using Viaduct.Abi;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Groups;

namespace Viaduct.Vfio.Devices;

/// <summary>
/// Devices that one reset hits (struct vfio_device_set): a client may reset them together only where it owns all of them.
/// Under <see cref="VfioSystem.Gate"/>, once clients run.
/// </summary>
public sealed class VfioDeviceSet
{
    /// <summary>vfio_iommufd_get_dev_id: the device's group belongs to the asking client's iommufd, itself it does not.</summary>
    public const int OwnedByGroup = 0;

    /// <summary>The device belongs to somebody else.</summary>
    public const int NotOwned = -1;

    private readonly List<VfioDevice> _devices = [];

    /// <summary>The devices, in the order in which they were added.</summary>
    public IReadOnlyList<VfioDevice> Devices => _devices;

    /// <summary>Adds a device.</summary>
    public void Add(VfioDevice device) => _devices.Add(device);

    /// <summary>Takes a device away that its driver has left.</summary>
    public void Remove(VfioDevice device) => _devices.Remove(device);

    /// <summary>Whether another device of the set is open.</summary>
    public bool IsAnotherOpen(VfioDevice device)
    {
        foreach (var other in _devices)
        {
            if (other != device && other.OpenCount > 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>fget() and vfio_file_is_group: the files behind descriptors that must be groups'.</summary>
    /// <param name="caller">Whose descriptors they are.</param>
    /// <param name="descriptors">Their numbers.</param>
    /// <param name="files">The files.</param>
    /// <returns>Zero; EBADF; EINVAL where one is no group's. The first that is wrong decides.</returns>
    public static SysResult GetGroups(Caller caller, ReadOnlySpan<int> descriptors, out IReadOnlyList<VfioFile> files)
    {
        var found = new List<VfioFile>();
        files = found;
        foreach (var descriptor in descriptors)
        {
            var result = caller.GetFile(descriptor, out var file);
            if (result.IsError)
            {
                return result;
            }

            if (file is not GroupFile)
            {
                return Errno.EINVAL;
            }

            found.Add(file);
        }

        return SysResult.Success;
    }

    /// <summary>vfio_file_has_dev for each device: the groups of these files hold the whole set.</summary>
    public bool IsCoveredBy(IReadOnlyList<VfioFile> groups)
    {
        foreach (var device in _devices)
        {
            var isCovered = false;
            foreach (var file in groups)
            {
                isCovered |= file is GroupFile group && group.Group.Iommu == device.Group;
            }

            if (!isCovered)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The iommufd that a device is bound to owns the whole set.</summary>
    public bool IsOwnedWith(VfioDevice device)
    {
        foreach (var other in _devices)
        {
            if (FindId(device, other) == NotOwned)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>vfio_iommufd_get_dev_id: what a device is to the iommufd of another.</summary>
    /// <param name="asking">A device that is bound to an iommufd.</param>
    /// <param name="device">The device in question.</param>
    /// <returns>Its id; <see cref="OwnedByGroup"/>; <see cref="NotOwned"/>.</returns>
    public static int FindId(VfioDevice asking, VfioDevice device)
    {
        if (asking.Iommufd is not { } bound)
        {
            return NotOwned;
        }

        if (device.Iommufd is { } other && other.Context == bound.Context)
        {
            return (int)other.Id;
        }

        return bound.Context.HasGroup(device.Group) ? OwnedByGroup : NotOwned;
    }
}
