using System.Runtime.InteropServices;
using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Iommu.NoIommu;
using Viaduct.Iommu.SpaprTce;
using Viaduct.Kvm.Files;
using Viaduct.Kvm.Host;
using Viaduct.Memory;
using Viaduct.Pci;
using Viaduct.Pci.Drivers;
using Viaduct.Pci.Hardware;
using Viaduct.Vfio;
using Viaduct.Vfio.Files;

namespace Viaduct.Cli.Machine;

/// <summary>Puts a machine together from what the command line asks for: the composition root.</summary>
internal sealed class MachineBuilder : IPciHost
{
    // ECAP_REG: scalable mode (bit 43) of second-stage tables (46) with accessed and dirty bits (45).
    private const ulong ScalableModeWithDirtyBits = (1UL << 43) | (1UL << 45) | (1UL << 46);

    private readonly IDmaObserver _observer;
    private static readonly int s_kvmMode = Convert.ToInt32("666", 8);

    private readonly Action<string> _report;
    private readonly MachineOptions _options;
    private readonly IommuUnit _unit;
    private readonly IommuUnit _noUnit = IommuUnit.None(new PhysicalMemory());
    private readonly NoIommuDriver _noIommu = new();
    private readonly PciBusType _bus;
    private readonly PciHostBridge _bridge = new();
    private readonly Dictionary<string, HostPciDriver> _hostDrivers = new(StringComparer.Ordinal);

    // Under its own lock once clients run: groups of virtual functions come and go.
    private readonly Dictionary<int, IommuGroup> _groups = [];
    private readonly HashSet<PciAddress> _taken = [];

    /// <summary>A machine without devices.</summary>
    /// <param name="observer">Hears of every device's DMA.</param>
    /// <param name="report">Receives a line for a person to read.</param>
    /// <param name="options">The machine as a whole; null for the usual one.</param>
    public MachineBuilder(IDmaObserver observer, Action<string> report, MachineOptions? options = null)
    {
        _observer = observer;
        _report = report;
        _options = options ?? new MachineOptions();
        _unit = CreateUnit(_options);
        IIommuDriver driver = _unit.TcePlatform is { } platform
            ? new SpaprTceDriver(platform)
            : new Type1Driver(new Type1Options { AllowUnsafeInterrupts = _options.AllowUnsafeInterrupts });
        System = new VfioSystem([_noIommu, driver]) { HasIommufd = _unit.TcePlatform is null, OtherNodes = CreateNodes() };
        HostKvm = CreateHostKvm();
        _bus = new PciBusType(System, _bridge, this);
    }

    /// <summary>A POWER machine has KVM.</summary>
    private OtherNode[] CreateNodes()
    {
        if (_unit.TcePlatform is not { } platform || !_options.Iommu.HasKvm)
        {
            return [];
        }

        var isTold = 0;
        return [new OtherNode(KvmFile.Path, s_kvmMode, KvmFile.Number, () => new KvmFile(platform.KernelPageShift) { ProcessorWanted = TellOnce })];

        void TellOnce()
        {
            if (Interlocked.Exchange(ref isTold, 1) == 0)
            {
                _report($"viaduct: KVM_CREATE_VCPU failed with ENODEV: {KvmFile.Path} here has no processors, so that no guest can run.");
            }
        }
    }

    private HostKvm? CreateHostKvm() => _unit.TcePlatform switch
    {
        null => new HostKvm(kernelPageShift: 12, hasTceTables: false),
        _ when _options.Iommu.HasKvm => null,
        var platform => new HostKvm(platform.KernelPageShift, RuntimeInformation.ProcessArchitecture != Architecture.Ppc64le),
    };

    /// <summary>The devices, in the order of the command line.</summary>
    public List<PlacedDevice> Devices { get; } = [];

    /// <summary>The machine.</summary>
    public VfioSystem System { get; }

    /// <summary>What is ours of the host's KVM; null where the machine has a /dev/kvm of its own in its place.</summary>
    public HostKvm? HostKvm { get; }

    /// <summary>What devices without an IOMMU reach; null where there is no such device.</summary>
    public PhysicalMemory? PhysicalMemory => _noIommu.IsEnabled ? _noUnit.PhysicalMemory : null;

    /// <summary>Places all devices.</summary>
    public bool TryAdd(IReadOnlyList<DeviceSpec> specs, out string? error)
    {
        // As if the module had been loaded with enable_unsafe_noiommu_mode=1 where that is needed.
        _noIommu.IsEnabled = _options.Iommu.Kind == IommuKind.None || specs.Any(s => s.Iommu == IommuKind.None);
        foreach (var spec in specs)
        {
            if (spec.Address is { } address && !_taken.Add(address))
            {
                error = $"Two devices are to be at {address}.";
                return false;
            }

            if (spec.Iommu is { } kind and not IommuKind.None && kind != _options.Iommu.Kind && _options.Iommu.Kind != IommuKind.None)
            {
                error = "A machine has one kind of IOMMU: that of --iommu; a device's iommu= may name it, or none.";
                return false;
            }
        }

        foreach (var spec in specs)
        {
            if (spec.Address is { } place)
            {
                _bridge.Reserve(place);
            }
        }

        foreach (var spec in specs)
        {
            if (!TryPlace(spec, specs, out error))
            {
                return false;
            }
        }

        GroupBridges(specs);
        Probe();
        error = null;
        return true;
    }

    private static IommuUnit CreateUnit(MachineOptions options)
        => options.Iommu.CreatePlatform() is { } platform ? PowerUnit(platform) : PcUnit(options);

    private static IommuUnit PowerUnit(TcePlatform platform) => new()
    {
        ApertureLast = ulong.MaxValue,
        PageSizes = platform.PageSizes,
        ReservedRegions = [],
        TcePlatform = platform,
    };

    // A PC with an Intel IOMMU of 48 bits: all of it but the window where messages become interrupts.
    private static IommuUnit PcUnit(MachineOptions options) => new()
    {
        ApertureLast = (1UL << 48) - 1,
        PageSizes = 0x4020_1000, // 4 KiB, 2 MiB, 1 GiB
        ReservedRegions = [new ReservedRegion(0xfee0_0000, 0xfeef_ffff, "msi")],
        EnforcesCacheCoherency = false,

        // An iommufd has no parameters of its own here: what is allowed is as good as isolated to it.
        HasIsolatedMsi = options.InterruptRemapping || options.AllowUnsafeInterrupts,
        RemapsInterrupts = options.InterruptRemapping,
        TracksDirtyPages = options.DirtyTracking,
        HardwareType = IommuHwInfoType.IOMMU_HW_INFO_TYPE_INTEL_VTD,
        HardwareInfo = StructBytes.Of(new IommuHwInfoVtd
        {
            Flags = IommuHwInfoVtdFlags.IOMMU_HW_INFO_VTD_ERRATA_772415_SPR17,
            CapReg = 0x80d2_008c_222f_0686,
            EcapReg = 0x00f0_0f4a | (options.DirtyTracking ? ScalableModeWithDirtyBits : 0),
        }),
    };

    private bool TryPlace(DeviceSpec spec, IReadOnlyList<DeviceSpec> all, out string? error)
    {
        if ((spec.Address ?? FirstFree()) is not { } address)
        {
            error = "There is no bus left for another device; give it an address by addr=.";
            return false;
        }

        if (!_bridge.TryGetBus(address, out _))
        {
            error = $"There is no room on bus 0 for the bridge that leads to {address}; put devices on bus 0, or several on one bus.";
            return false;
        }

        if (GroupOf(spec, address, all) is not { } group)
        {
            error = $"{address} cannot share group {spec.Group}: a device without an IOMMU has a group of its own.";
            return false;
        }

        var services = CreateServices(address, group);
        return spec.Model.TryCreate(spec.Options, services, out var function, out error)
            && TryBind(spec, function, group, address, out error);
    }

    private bool TryBind(DeviceSpec spec, PciFunction function, IommuGroup group, PciAddress address, out string? error)
    {
        PciDevice device;
        try
        {
            device = new PciDevice(function, address, group, _bridge);
        }
        catch (InvalidOperationException full)
        {
            error = $"{spec.Model.Name} at {address}: {full.Message} The host has 1 GiB for 32-bit BARs; use fewer devices or smaller BARs.";
            return false;
        }

        // As on a host where somebody gave the device to clients; a host's driver has it because it knows its IDs.
        if (spec.Driver == VfioPciDriver.OwnName)
        {
            device.OverrideDriver(spec.Driver);
        }
        else if (spec.Driver is { } name)
        {
            var id = function.Identity;
            HostDriver(name).AddId(new PciDeviceId(id.VendorId, id.DeviceId, id.SubsystemVendorId, id.SubsystemId));
        }

        Devices.Add(new PlacedDevice(spec, device));
        error = null;
        return true;
    }

    private HostPciDriver HostDriver(string name)
    {
        if (!_hostDrivers.TryGetValue(name, out var driver))
        {
            _hostDrivers.Add(name, driver = new HostPciDriver(System, name));
            _bus.Add(driver);
        }

        return driver;
    }

    /// <summary>Everything is in its place: drivers get what is theirs.</summary>
    private void Probe()
    {
        _bus.Add(new VfioPciDriver(System, _bus, _options.EnableSriov)
        {
            DecodesAlways = _options.DecodesAlways,
            ModelFailed = (address, bug)
                => _report($"viaduct: the model of {address} failed in a write that an eventfd caused. Please report this.\n{bug}"),
        });
        foreach (var device in Devices)
        {
            _bus.Add(device.Device, probe: device.Spec.Driver is not null);
        }
    }

    private PciAddress? FirstFree()
    {
        for (var bus = 1; bus <= byte.MaxValue; bus++)
        {
            var address = new PciAddress(0, (byte)bus, 0, 0);
            if (_taken.Add(address))
            {
                return address;
            }
        }

        return null;
    }

    /// <summary>The group that a device shares with one that is there, unless the command line says otherwise: functions of one
    /// device, and all that is behind a conventional bridge, which the IOMMU cannot tell apart.</summary>
    private int? SharedGroup(PciAddress address, IReadOnlyList<DeviceSpec> all)
    {
        var isConventional = address.Bus != 0 && (address.Device != 0 || all.Any(s => s.Address is { Device: not 0 } other
            && (other.Domain, other.Bus) == (address.Domain, address.Bus)));
        return Devices.Find(d => (d.Device.Address.Domain, d.Device.Address.Bus) == (address.Domain, address.Bus)
            && !d.Device.Group.IsNoIommu && (isConventional || d.Device.Address.Device == address.Device))?.Device.Group.Id;
    }

    /// <summary>A root port is alone in its group, a conventional bridge in that of the devices behind it.</summary>
    private void GroupBridges(IReadOnlyList<DeviceSpec> all)
    {
        foreach (var bus in _bridge.Buses.OrderBy(b => b.Bridge?.Address.ToString(), StringComparer.Ordinal))
        {
            if (bus.Bridge is { } bridge)
            {
                // Without an IOMMU only devices that VFIO has are in groups.
                bridge.Group = bus.Functions.Any(f => f.Group.IsNoIommu) ? null
                    : bridge.IsConventional ? bus.Functions[0].Group
                    : GroupOf(FirstFreeGroup(all), bridge.Address);
            }
        }
    }

    /// <inheritdoc/>
    public PciServices CreateServices(PciAddress address, IommuGroup group) => new()
    {
        Dma = new DmaPort(group) { Observer = _observer },
        Executor = CreateThread(address, address.ToString()),
        Background = CreateThread(address, $"{address} background", PciServices.MostInBackground),
    };

    private DeviceThread CreateThread(PciAddress address, string name, int most = 1) => new(
        name, bug => _report($"viaduct: the model of {address} failed and does nothing any more. Please report this.\n{bug}"), most);

    /// <inheritdoc/>
    public IommuGroup CreateGroup(IommuUnit unit)
    {
        lock (_groups)
        {
            var group = new IommuGroup(FirstFreeGroup([]), unit);
            _groups.Add(group.Id, group);
            return group;
        }
    }

    /// <inheritdoc/>
    public void Release(IommuGroup group)
    {
        lock (_groups)
        {
            _groups.Remove(group.Id);
        }
    }

    private int FirstFreeGroup(IReadOnlyList<DeviceSpec> all)
    {
        // A PC's own bridge has group 0; POWER counts what can be given away only.
        var id = _unit.TcePlatform is null ? 1 : 0;
        while (_groups.ContainsKey(id) || all.Any(s => s.Group == id))
        {
            id++;
        }

        return id;
    }

    private IommuGroup? GroupOf(DeviceSpec spec, PciAddress address, IReadOnlyList<DeviceSpec> all)
    {
        var isNone = (spec.Iommu ?? _options.Iommu.Kind) == IommuKind.None;
        var id = spec.Group ?? (isNone ? null : SharedGroup(address, all)) ?? FirstFreeGroup(all);
        if (!isNone)
        {
            return GroupOf(id, address) is { IsNoIommu: false } shared ? shared : null;
        }

        var group = new IommuGroup(id, _noUnit);
        return _groups.TryAdd(id, group) ? group : null;
    }

    private IommuGroup GroupOf(int id, PciAddress address)
    {
        if (!_groups.TryGetValue(id, out var group))
        {
            // POWER's groups are partitionable endpoints of a host bridge.
            var name = _unit.TcePlatform is null ? null : $"domain{address.Domain}-pe{id:x}";
            _groups.Add(id, group = new IommuGroup(id, _unit) { Name = name });
        }

        return group;
    }
}
