using Viaduct.Iommu;
using Viaduct.Pci.Drivers;
using Viaduct.Pci.Hardware;
using Viaduct.Pci.VfioPci;

namespace Viaduct.Pci;

/// <summary>
/// A function as the host knows it (struct pci_dev): its place, its addresses, the driver that has it. It is there from when the
/// bus was scanned until it is removed; the chip, <see cref="Function"/>, stays.
/// </summary>
/// <remarks>
/// What changes about it changes under <see cref="Lock"/> (the kernel's device_lock), which is outermost: a driver that leaves a
/// device holds it as long as clients have the device open.
/// </remarks>
public sealed partial class PciDevice
{
    /// <summary>Finds a function: its bus, behind a bridge where it needs one, its addresses, and how it can be reset.</summary>
    /// <param name="function">The chip.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="group">Its IOMMU group.</param>
    /// <param name="bridge">The host's.</param>
    /// <exception cref="InvalidOperationException">The host has no place for the bridge above the address's bus, or no room for a
    /// BAR.</exception>
    public PciDevice(PciFunction function, PciAddress address, IommuGroup group, PciHostBridge bridge)
        : this(function, address, group, FindBus(bridge, address), bridge.Configure(function, address), physical: null)
    {
    }

    private PciDevice(
        PciFunction function, PciAddress address, IommuGroup group, PciBus bus, PciResources resources, PciDevice? physical)
    {
        Function = function;
        Address = address;
        Name = address.ToString();
        Group = group;
        Bus = bus;
        Resources = resources;
        PhysicalFunction = physical;
        SysfsPath = $"{bus.Bridge?.SysfsPath ?? $"/sys/devices/pci{address.Domain:x4}:{address.Bus:x2}"}/{Name}";
        bus.Add(this);
        _resetMethods = SupportedResets(bus.WasFirst(function));
        _hasReset = _resetMethods.Count > 0;
    }

    /// <summary>The chip.</summary>
    public PciFunction Function { get; }

    /// <summary>Where it is.</summary>
    public PciAddress Address { get; }

    /// <summary><see cref="Address"/> as text.</summary>
    public string Name { get; }

    /// <summary>Its IOMMU group.</summary>
    public IommuGroup Group { get; }

    /// <summary>The bus that it is on.</summary>
    public PciBus Bus { get; }

    /// <summary>What the host gave it.</summary>
    public PciResources Resources { get; }

    /// <summary>Its directory in sysfs: <c>/sys/devices/pci0000:00/0000:00:05.0</c>.</summary>
    public string SysfsPath { get; }

    /// <summary>The function whose virtual function this is; null of a physical one.</summary>
    public PciDevice? PhysicalFunction { get; }

    /// <summary>The only driver that may have it, whatever others match; null where any may.</summary>
    public string? DriverOverride { get; internal set; }

    /// <summary>Who has it; null for nobody. Also while that driver is leaving it.</summary>
    public PciDriver? Driver { get; internal set; }

    /// <summary>The driver is not leaving: sysfs shows the two linked.</summary>
    internal bool IsDriverLinked { get; set; }

    /// <summary>What vfio-pci made of it; null where another driver has it, or none. Under the VFIO core's lock.</summary>
    public VfioPciDevice? Vfio { get; internal set; }

    /// <summary>Enables by hand, and by its driver (pci_dev.enable_cnt).</summary>
    internal int EnableCount { get; set; }

    /// <summary>It is no longer in the machine; whoever waited for its lock finds nothing to do.</summary>
    internal bool IsRemoved { get; set; }

    /// <summary>The kernel's device_lock. Outermost in the lock order.</summary>
    internal SemaphoreSlim Lock { get; } = new(1, 1);

    /// <summary>What was written to driver_override before anybody could; for composition.</summary>
    public void OverrideDriver(string name) => DriverOverride = name;

    /// <summary>The same function, found again after it was removed.</summary>
    internal PciDevice FindAgain() => new(Function, Address, Group, Bus, Resources, PhysicalFunction);

    private static PciBus FindBus(PciHostBridge bridge, PciAddress address)
        => bridge.TryGetBus(address, out var bus) ? bus : throw new InvalidOperationException($"No bridge can lead to {address}.");
}
