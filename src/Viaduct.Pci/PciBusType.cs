using Viaduct.Abi;
using Viaduct.Pci.Drivers;
using Viaduct.Vfio;

namespace Viaduct.Pci;

/// <summary>
/// The host's PCI bus as its drivers see it (pci_bus_type): which devices are there, which driver has each, and how that changes while
/// clients run. Nothing here holds a lock while it waits, but the lock of the device that it waits for.
/// </summary>
public sealed partial class PciBusType
{
    private readonly VfioSystem _system;
    private readonly PciHostBridge _bridge;
    private readonly Lock _lock = new();
    private readonly List<PciDriver> _drivers = [];

    // Removed, and in their slots for a rescan to find.
    private readonly List<PciDevice> _absent = [];

    // Replaced as a whole.
    private volatile IReadOnlyList<PciDevice> _devices = [];
    private volatile bool _driversAutoprobe = true;

    /// <summary>A bus without devices.</summary>
    /// <param name="system">Where it is seen.</param>
    /// <param name="bridge">Whose buses it is made of.</param>
    /// <param name="host">What functions get that come while the machine runs.</param>
    public PciBusType(VfioSystem system, PciHostBridge bridge, IPciHost host)
    {
        _system = system;
        _bridge = bridge;
        Host = host;
        system.Add(this);
    }

    /// <summary>The devices as they are now, by address.</summary>
    public IReadOnlyList<PciDevice> Devices => _devices;

    internal IPciHost Host { get; }

    /// <summary>pci_register_driver, but that nobody is probed yet: for composition.</summary>
    public void Add(PciDriver driver) => _drivers.Add(driver);

    /// <summary>Finds a device. For composition.</summary>
    /// <param name="device">The device.</param>
    /// <param name="probe">Offer it to the drivers.</param>
    public void Add(PciDevice device, bool probe = true)
    {
        var added = AddAsync(device, probe);
        if (!added.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException($"The driver of {device.Name} waits for a client before there is one.");
        }
    }

    /// <summary>pci_bus_add_device: the drivers are asked in the order in which they came.</summary>
    internal async ValueTask AddAsync(PciDevice device, bool probe)
    {
        lock (_lock)
        {
            _devices = [.. _devices.Append(device).OrderBy(d => d.Name, StringComparer.Ordinal)];
        }

        device.PhysicalFunction?.Driver?.VirtualFunctionAdded(device);
        Changed();
        if (probe && _driversAutoprobe)
        {
            _ = await AttachAsync(device).ConfigureAwait(false);
        }
    }

    /// <summary>pci_stop_and_remove_bus_device: waits until clients have left it.</summary>
    internal async ValueTask RemoveAsync(PciDevice device)
    {
        await device.Lock.WaitAsync().ConfigureAwait(false);
        try
        {
            if (device.IsRemoved)
            {
                return;
            }

            await DetachAsync(device).ConfigureAwait(false);
            device.IsRemoved = true;
        }
        finally
        {
            device.Lock.Release();
        }

        device.Bus.Remove(device);
        lock (_lock)
        {
            _devices = [.. _devices.Where(d => d != device)];
            if (device.PhysicalFunction is null)
            {
                _absent.Add(device);
            }
        }

        if (device.PhysicalFunction is not null)
        {
            Host.Release(device.Group);
        }

        Changed();
    }

    /// <summary>pci_rescan_bus: finds again what was removed.</summary>
    internal async ValueTask RescanAsync()
    {
        PciDevice[] found;
        lock (_lock)
        {
            found = [.. _absent];
            _absent.Clear();
        }

        foreach (var device in found)
        {
            await AddAsync(device.FindAgain(), probe: true).ConfigureAwait(false);
        }
    }

    /// <summary>Names in sysfs have come or gone.</summary>
    internal void Changed() => _system.SysfsChanged();

    /// <summary>device_attach: the first driver that matches and takes it.</summary>
    /// <returns>Zero, also where no driver matches or one has it already; what the one that matches said otherwise.</returns>
    private async ValueTask<SysResult> AttachAsync(PciDevice device)
    {
        await device.Lock.WaitAsync().ConfigureAwait(false);
        try
        {
            foreach (var driver in _drivers)
            {
                if (device is { Driver: null, IsRemoved: false, CanProbe: true } && driver.Matches(device))
                {
                    return Attach(driver, device);
                }
            }

            return SysResult.Success;
        }
        finally
        {
            device.Lock.Release();
        }
    }

    /// <summary>bind_store.</summary>
    private async ValueTask<SysResult> BindAsync(PciDriver driver, string name)
    {
        if (Find(name) is not { } device || !driver.Matches(device))
        {
            return Errno.ENODEV;
        }

        await device.Lock.WaitAsync().ConfigureAwait(false);
        try
        {
            return device.IsRemoved || !device.CanProbe ? Errno.ENODEV
                : device.Driver is not null ? Errno.EBUSY
                : Attach(driver, device);
        }
        finally
        {
            device.Lock.Release();
        }
    }

    /// <summary>unbind_store: waits until clients have left the device.</summary>
    private async ValueTask<SysResult> UnbindAsync(PciDriver driver, string name)
    {
        if (Find(name) is not { } device || device.Driver != driver)
        {
            return Errno.ENODEV;
        }

        await device.Lock.WaitAsync().ConfigureAwait(false);
        try
        {
            if (device.Driver == driver)
            {
                await DetachAsync(device).ConfigureAwait(false);
            }

            return SysResult.Success;
        }
        finally
        {
            device.Lock.Release();
        }
    }

    /// <summary>new_id_store: the new entry is tried at once on what has no driver.</summary>
    private async ValueTask<SysResult> AddIdAsync(PciDriver driver, string text)
    {
        var stored = driver.StoreNewId(text);
        if (stored.IsError)
        {
            return stored;
        }

        foreach (var device in _devices)
        {
            if (device.Driver is null && driver.Matches(device))
            {
                _ = await BindAsync(driver, device.Name).ConfigureAwait(false);
            }
        }

        return SysResult.Success;
    }

    /// <summary>drivers_probe_store.</summary>
    private async ValueTask<SysResult> ProbeAsync(string name)
    {
        if (Find(name) is not { } device)
        {
            return Errno.ENODEV;
        }

        var attached = await AttachAsync(device).ConfigureAwait(false);
        return attached.IsError ? Errno.EINVAL : SysResult.Success;
    }

    // The device's lock is held.
    private SysResult Attach(PciDriver driver, PciDevice device)
    {
        var probed = driver.Probe(device);
        if (!probed.IsError)
        {
            device.Driver = driver;
            device.IsDriverLinked = true;
            Changed();
        }

        return probed;
    }

    // The device's lock is held.
    private async ValueTask DetachAsync(PciDevice device)
    {
        if (device.Driver is not { } driver)
        {
            return;
        }

        device.IsDriverLinked = false;
        Changed();
        await driver.RemoveAsync(device).ConfigureAwait(false);
        device.Driver = null;
        Changed();
    }

    private PciDevice? Find(string name)
    {
        foreach (var device in _devices)
        {
            if (KernelText.IsSame(name, device.Name))
            {
                return device;
            }
        }

        return null;
    }
}
