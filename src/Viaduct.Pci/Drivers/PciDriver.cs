using Viaduct.Abi;
using Viaduct.Pci.Hardware;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Pci.Drivers;

/// <summary>
/// A driver of the bus (struct pci_driver). <see cref="Probe"/> and <see cref="RemoveAsync"/> come with the device's lock held.
/// </summary>
/// <param name="name">Its name in sysfs.</param>
public abstract class PciDriver(string name)
{
    private readonly Lock _lock = new();
    private readonly List<PciDeviceId> _dynamicIds = [];
    private readonly List<PciDeviceId> _ids = [];

    /// <summary>Its name in sysfs.</summary>
    public string Name { get; } = name;

    /// <summary>Adds to the table that the driver was built with. For composition.</summary>
    public void AddId(PciDeviceId id)
    {
        lock (_lock)
        {
            _ids.Add(id);
        }
    }

    /// <summary>pci_match_device.</summary>
    public bool Matches(PciDevice device)
    {
        if (device.DriverOverride is { } name)
        {
            return name == Name;
        }

        return HasId(device.Function.Identity);
    }

    /// <summary>Takes a device.</summary>
    /// <returns>Zero; EBUSY where a client owns the DMA of its group.</returns>
    public abstract SysResult Probe(PciDevice device);

    /// <summary>Leaves a device, once its clients have.</summary>
    public abstract ValueTask RemoveAsync(PciDevice device);

    /// <summary>sriov_configure: makes virtual functions, or takes them away.</summary>
    /// <param name="device">A device that it has.</param>
    /// <param name="count">How many; zero for none.</param>
    /// <returns>Zero; ENOENT where the driver does not do that.</returns>
    public virtual ValueTask<SysResult> ConfigureSriovAsync(PciDevice device, int count)
        => ValueTask.FromResult<SysResult>(Errno.ENOENT);

    /// <summary>A virtual function of a device that this driver has has come, and no driver was offered it yet.</summary>
    public virtual void VirtualFunctionAdded(PciDevice device)
    {
    }

    /// <summary>Adds what the driver shows in a device's directory.</summary>
    public virtual void Describe(SysfsTree tree, PciDevice device)
    {
    }

    /// <summary>new_id_store: an entry for the length of the run.</summary>
    /// <returns>Zero; EINVAL; EEXIST where a device with those IDs would match already.</returns>
    internal SysResult StoreNewId(string text)
    {
        if (!PciDeviceId.TryParse(text, out var id, out var data))
        {
            return Errno.EINVAL;
        }

        if (data is null && HasId(IdentityOf(id)))
        {
            return Errno.EEXIST;
        }

        // Data is taken where the driver's own table has the same, which is zero throughout.
        if (data > 0)
        {
            return Errno.EINVAL;
        }

        lock (_lock)
        {
            _dynamicIds.Add(id);
        }

        return SysResult.Success;
    }

    /// <summary>remove_id_store: the first such entry of new_id's.</summary>
    /// <returns>Zero; EINVAL; ENODEV where there is none.</returns>
    internal SysResult StoreRemoveId(string text)
    {
        if (!PciDeviceId.TryParse(text, out var id, out _))
        {
            return Errno.EINVAL;
        }

        lock (_lock)
        {
            var at = _dynamicIds.FindIndex(entry => entry.Vendor == id.Vendor && entry.Device == id.Device
                && (id.SubsystemVendor == PciDeviceId.Any || entry.SubsystemVendor == id.SubsystemVendor)
                && (id.SubsystemDevice == PciDeviceId.Any || entry.SubsystemDevice == id.SubsystemDevice)
                && ((entry.ClassCode ^ id.ClassCode) & id.ClassMask) == 0);
            if (at < 0)
            {
                return Errno.ENODEV;
            }

            _dynamicIds.RemoveAt(at);
            return SysResult.Success;
        }
    }

    private static PciIdentity IdentityOf(in PciDeviceId id) => new()
    {
        VendorId = (ushort)id.Vendor,
        DeviceId = (ushort)id.Device,
        SubsystemVendorId = (ushort)id.SubsystemVendor,
        SubsystemId = (ushort)id.SubsystemDevice,
        ClassCode = id.ClassCode,
    };

    private bool HasId(PciIdentity identity)
    {
        lock (_lock)
        {
            return _dynamicIds.Exists(id => id.Matches(identity)) || _ids.Exists(id => id.Matches(identity));
        }
    }
}
