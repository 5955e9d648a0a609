using System.Text;
using Viaduct.Abi;
using Viaduct.Memory;
using Viaduct.Pci.Hardware;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Migration;

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
    /// <summary>File positions are region index times 2^40 and offset.</summary>
    private const int RegionShift = 40;
    private const ulong RegionMask = (1UL << RegionShift) - 1;

    private readonly Lock _lock = new();
    private readonly byte[] _name;
    private readonly VfioDeviceSet _set;
    private readonly VfioPciBarMemory _barMemory;
    private VfioPciConfig? _config;
    private PciSavedState? _stateAtOpen;

    // Written with the device's lock and the gate held, read with either.
    private bool _memoryEnabled;
    private bool _inLowPower;
    private bool _resetWorks;

    /// <summary>Binds a function.</summary>
    /// <param name="pci">The function; nobody else may set its chip's <see cref="PciFunction.InterruptReceiver"/>.</param>
    public VfioPciDevice(PciDevice pci)
        : base(pci.Group)
    {
        Pci = pci;
        _name = Encoding.ASCII.GetBytes(pci.Name);
        _barMemory = new VfioPciBarMemory(this);
        _set = pci.PhysicalFunction is null ? pci.Bus.Devices : new VfioDeviceSet();
        _physical = pci.PhysicalFunction?.Vfio;
        _token = Function.Sriov is null ? null : VfToken.Create();
        _set.Add(this);
        Interrupts = new VfioPciIntrs(this);
        _migration = Function is IDeviceState { CanMigrate: true } state ? new DeviceMigration(new Arcs(this, state)) : null;
        pci.Vfio = this;
        Endpoint?.Add(this);
        lock (Function.Gate)
        {
            Function.InterruptReceiver = Interrupts;
            Interrupts.IntxChanged(Function.IntxAsserted);
        }
    }

    /// <summary>The function as the host knows it.</summary>
    public PciDevice Pci { get; }

    /// <summary>The chip.</summary>
    public PciFunction Function => Pci.Function;

    /// <summary>Where it is.</summary>
    public PciAddress Address => Pci.Address;

    /// <inheritdoc/>
    public override string Name => Pci.Name;

    /// <inheritdoc/>
    public override string SysfsPath => Pci.SysfsPath;

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

    /// <summary>BARs answer whatever COMMAND says. Not the kernel's way, but that of vfio-user's servers, which clients without a PCI bus
    /// of their own (SPDK) count on.</summary>
    public bool DecodesAlways { get; init; }

    internal VfioPciIntrs Interrupts { get; }

    /// <inheritdoc/>
    public override void Request(uint count) => Interrupts.SignalRequest();

    /// <summary>Somebody wrote to the chip's configuration space behind our back: it may have put it to sleep.</summary>
    internal void ChangedByHost()
    {
        lock (_lock)
        {
            AccessChanged();
        }
    }

    /// <summary>The driver has left the function. Nobody has it open; the core's lock is held.</summary>
    internal void Unbind()
    {
        _set.Remove(this);
        Endpoint?.Remove(this);
        Pci.Vfio = null;
        lock (Function.Gate)
        {
            Function.InterruptReceiver = null;
        }
    }

    /// <inheritdoc/>
    public override SysResult OpenDevice()
    {
        // A node that was opened before lets a client come this far while the driver leaves.
        if (Pci.Driver is not null && !Pci.IsDriverLinked)
        {
            return Errno.EAGAIN;
        }

        if (Endpoint is { IsConfigBlocked: true })
        {
            return Errno.ENODEV;
        }

        // vfio_spapr_pci_eeh_open
        Endpoint?.ChangeOwner();
        lock (_lock)
        {
            SetPowerState(0);
            ClearMaster();
            _resetWorks = !TryResetFunction().IsError;
            _stateAtOpen = PciSavedState.Save(Function);
            _config = new VfioPciConfig(this);
            Pci.EnableCount++;
            if (_physical is not null)
            {
                _physical._tokenUsers++;
            }

            AccessChanged();
            return SysResult.Success;
        }
    }

    /// <inheritdoc/>
    public override void CloseDevice()
    {
        Endpoint?.ChangeOwner();
        lock (_lock)
        {
            SetPowerState(0);
            ClearMaster();
            Interrupts.Close();
            EndDoorbells();
            EndLowPower();
            _config = null;
            Pci.EnableCount--;
            if (_physical is not null)
            {
                _physical._tokenUsers--;
            }

            AccessChanged();
            _needsReset = !_resetWorks;
            if (_resetWorks)
            {
                Function.Reset(Pci.FindReset() ?? PciResetKind.Function);
                ResetVirtualFunctions();
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
            _memoryEnabled = _config is { } config && (config.MemoryEnabled || DecodesAlways) && Function.IsPowered;
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
