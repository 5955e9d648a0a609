using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Iommu.NoIommu;
using Viaduct.Pci.VfioPci;
using Viaduct.Vfio;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Pci.Drivers;

/// <summary>vfio-pci (drivers/vfio/pci/vfio_pci.c): what it has, clients may open.</summary>
public sealed class VfioPciDriver : PciDriver
{
    /// <summary>Its name in sysfs.</summary>
    public const string OwnName = "vfio-pci";

    private readonly VfioSystem _system;
    private readonly PciBusType _bus;
    private bool _enableSriov;
    private bool _noIntxMask;
    private bool _noIdleD3;

    /// <summary>The driver, with its module's parameters in the system's sysfs.</summary>
    /// <param name="system">Where its devices go.</param>
    /// <param name="bus">Where they come from.</param>
    /// <param name="enableSriov">The parameter enable_sriov: clients' devices may have virtual functions.</param>
    public VfioPciDriver(VfioSystem system, PciBusType bus, bool enableSriov = false)
        : base(OwnName)
    {
        const string Module = "vfio_pci";
        _system = system;
        _bus = bus;
        _enableSriov = enableSriov;
        system.Add(ModuleParameter.Flag(Module, "enable_sriov", () => _enableSriov, value => _enableSriov = value));

        // The kernel takes these two when the module is loaded; what is written later is shown, and nothing else.
        system.Add(ModuleParameter.Flag(Module, "nointxmask", () => _noIntxMask, value => _noIntxMask = value));
        system.Add(ModuleParameter.Flag(Module, "disable_idle_d3", () => _noIdleD3, value => _noIdleD3 = value));
        system.Add(ModuleParameter.Flag(Module, "disable_denylist", () => false, set: null));
    }

    /// <summary>Hears of a model's exception, which is a bug in it.</summary>
    public Action<PciAddress, Exception>? ModelFailed { get; init; }

    /// <summary>See <see cref="VfioPciDevice.DecodesAlways"/>.</summary>
    public bool DecodesAlways { get; init; }

    /// <inheritdoc/>
    public override SysResult Probe(PciDevice device)
    {
        // vfio_group_find_or_alloc.
        if (device.Group.IsNoIommu && !_system.IommuDrivers.Any(driver => driver is NoIommuDriver { IsEnabled: true }))
        {
            return Errno.EINVAL;
        }

        lock (_system.Gate)
        {
            var vfio = new VfioPciDevice(device)
            {
                DecodesAlways = DecodesAlways,
                ModelFailed = ModelFailed is { } failed ? bug => failed(device.Address, bug) : null,
            };
            _system.Add(vfio);
        }

        return SysResult.Success;
    }

    /// <inheritdoc/>
    public override async ValueTask RemoveAsync(PciDevice device)
    {
        await device.DisableSriovAsync(_bus).ConfigureAwait(false);
        var vfio = device.Vfio!;
        await _system.RemoveAsync(vfio).ConfigureAwait(false);
        lock (_system.Gate)
        {
            vfio.Unbind();
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<SysResult> ConfigureSriovAsync(PciDevice device, int count)
    {
        if (!_enableSriov)
        {
            return Errno.ENOENT;
        }

        if (count > 0)
        {
            return await device.EnableSriovAsync(_bus, count).ConfigureAwait(false);
        }

        await device.DisableSriovAsync(_bus).ConfigureAwait(false);
        return SysResult.Success;
    }

    /// <summary>vfio_pci_bus_notifier: a client that has the physical function could do anything to the virtual one, so no other driver
    /// gets that by itself.</summary>
    public override void VirtualFunctionAdded(PciDevice device) => device.DriverOverride = OwnName;

    /// <inheritdoc/>
    public override void Describe(SysfsTree tree, PciDevice device) => tree.AddDirectory($"{device.SysfsPath}/vfio-dev");
}
