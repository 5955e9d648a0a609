using System.Text;
using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Memory;
using Viaduct.Pci.Hardware;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;

namespace Viaduct.Pci.VfioPci;

/// <summary>
/// What Linux's vfio-pci makes of one function for a client: nine regions, five interrupt indexes, configuration
/// space that hides what the host owns, reset. It drives the function as the kernel drives hardware.
/// </summary>
/// <remarks>
/// Lock order: the VFIO core's locks; the device's own lock, which guards configuration space, the setting of
/// interrupts and resets (the kernel's igate and memory_lock); <see cref="PciFunction.Gate"/>; the interrupts' lock,
/// under which nothing else is taken. A load or store of a mapped BAR takes the gate only.
/// </remarks>
public sealed partial class VfioPciDevice : VfioDevice
{
    /// <summary>vfio-pci, by the name that sysfs has for it.</summary>
    public const string OwnDriver = "vfio-pci";

    /// <summary>File positions are region index times 2^40 and offset.</summary>
    private const int RegionShift = 40;
    private const ulong RegionMask = (1UL << RegionShift) - 1;

    private readonly Lock _lock = new();
    private readonly byte[] _name;
    private readonly PciResources _resources;
    private readonly PciBus _bus;
    private readonly string? _driver;
    private readonly VfioPciBarMemory _barMemory;
    private VfioPciConfig? _config;
    private PciSavedState? _stateAtOpen;

    // Written with the device's lock and the gate held, read with either.
    private bool _memoryEnabled;
    private bool _inLowPower;
    private bool _resetWorks;

    /// <summary>Binds a function, to which a host bridge gives its addresses.</summary>
    /// <param name="group">The group that it belongs to.</param>
    /// <param name="function">The chip; nobody else may set its <see cref="PciFunction.InterruptReceiver"/>.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="bridge">The host's.</param>
    /// <param name="driver">Who has the function: vfio-pci, which makes it a client's; the name of a host's driver; null for
    /// none.</param>
    /// <exception cref="InvalidOperationException">The host has no place for the bridge above the address's bus.</exception>
    public VfioPciDevice(IommuGroup group, PciFunction function, PciAddress address, PciHostBridge bridge, string? driver = OwnDriver)
        : base(group)
    {
        Function = function;
        Address = address;
        Name = address.ToString();
        _name = Encoding.ASCII.GetBytes(Name);
        _resources = bridge.Configure(function, address);
        if (!bridge.TryGetBus(address, out var bus))
        {
            throw new InvalidOperationException($"No bridge can lead to {address}.");
        }

        _bus = bus;
        _driver = driver;
        _bus.Add(new PciBusFunction(address, function, group, driver == OwnDriver ? this : null));
        if (driver == OwnDriver)
        {
            _bus.Devices.Add(this);
        }
        else
        {
            group.HasHostDriver |= driver is not null;
        }

        SysfsPath = $"{bus.Bridge?.SysfsPath ?? $"/sys/devices/pci{address.Domain:x4}:{address.Bus:x2}"}/{Name}";
        _barMemory = new VfioPciBarMemory(this);
        Interrupts = new VfioPciIntrs(this);
        lock (function.Gate)
        {
            function.InterruptReceiver = Interrupts;
            Interrupts.IntxChanged(function.IntxAsserted);
        }
    }

    /// <summary>The chip.</summary>
    public PciFunction Function { get; }

    /// <summary>Where it is.</summary>
    public PciAddress Address { get; }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string SysfsPath { get; }

    /// <inheritdoc/>
    public override MemorySource? DmaTarget
    {
        get
        {
            lock (Function.Gate)
            {
                return _memoryEnabled ? _barMemory : null; // a fault of the mapping, and so EFAULT to who would pin it
            }
        }
    }

    internal VfioPciIntrs Interrupts { get; }

    /// <summary>The host wants the device back (vfio_pci_core_request): the client hears of it by its REQ
    /// eventfd.</summary>
    /// <returns>False where the client has set none.</returns>
    public bool RequestRelease() => Interrupts.SignalRequest();

    /// <inheritdoc/>
    public override SysResult OpenDevice()
    {
        lock (_lock)
        {
            SetPowerState(0);
            ClearMaster();
            _resetWorks = !TryResetFunction().IsError;
            _stateAtOpen = PciSavedState.Save(Function);
            _config = new VfioPciConfig(this);
            AccessChanged();
            return SysResult.Success;
        }
    }

    /// <inheritdoc/>
    public override void CloseDevice()
    {
        lock (_lock)
        {
            SetPowerState(0);
            ClearMaster();
            Interrupts.Close();
            EndDoorbells();
            EndLowPower();
            _config = null;
            AccessChanged();
            _needsReset = !_resetWorks;
            if (_resetWorks)
            {
                Function.Reset(FindReset() ?? PciResetKind.Function);
            }

            _stateAtOpen?.Restore(Function);
            _stateAtOpen = null;
            ClearMaster();
        }

        TryResetUnusedBus();
    }

    /// <inheritdoc/>
    public override SysResult Ioctl(Caller caller, uint command, ulong argument)
        => command switch
        {
            VfioIoctl.VFIO_DEVICE_GET_INFO => GetInfo(caller, argument),
            VfioIoctl.VFIO_DEVICE_GET_REGION_INFO => GetRegionInfo(caller, argument),
            VfioIoctl.VFIO_DEVICE_GET_IRQ_INFO => GetIrqInfo(caller, argument),
            VfioIoctl.VFIO_DEVICE_SET_IRQS => SetIrqs(caller, argument),
            VfioIoctl.VFIO_DEVICE_RESET => Reset(),
            VfioIoctl.VFIO_DEVICE_GET_PCI_HOT_RESET_INFO => GetHotResetInfo(caller, argument),
            VfioIoctl.VFIO_DEVICE_PCI_HOT_RESET => HotReset(caller, argument),
            VfioIoctl.VFIO_DEVICE_IOEVENTFD => Ioeventfd(caller, argument),
            VfioIoctl.VFIO_DEVICE_FEATURE => Feature(caller, argument),
            _ => Errno.ENOTTY,
        };

    /// <summary>COMMAND.MEMORY, the power state or the opener changed: what may reach the BARs follows. The device's
    /// lock is held.</summary>
    internal void AccessChanged()
    {
        lock (Function.Gate)
        {
            _memoryEnabled = _config is { MemoryEnabled: true } && Function.IsPowered;
        }
    }

    private void ClearMaster()
    {
        lock (Function.Gate)
        {
            var command = Function.ReadConfig(PCI_COMMAND, 2);
            Function.WriteConfig(PCI_COMMAND, 2, command & ~(uint)PCI_COMMAND_MASTER);
        }
    }
}
