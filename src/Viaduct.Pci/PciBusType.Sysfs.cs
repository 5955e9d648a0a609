using Viaduct.Abi;
using Viaduct.Pci.Drivers;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Pci;

/// <content>/sys/bus/pci: its own attributes, its drivers' and its devices'.</content>
public sealed partial class PciBusType : ISysfsSource
{
    internal const string DriversPath = BusPath + "/drivers";

    private const string BusPath = "/sys/bus/pci";

    /// <inheritdoc/>
    public void Describe(SysfsTree tree)
    {
        tree.AddDirectory(BusPath, opaque: true); // of the bus, a client sees this machine's devices only
        tree.AddDirectory($"{BusPath}/devices");
        tree.AddDirectory($"{BusPath}/slots");
        tree.Add($"{BusPath}/rescan", SysfsAttribute.WriteOnly(write => PciDevice.IfNotZero(write, RescanAsync)));
        tree.Add($"{BusPath}/drivers_probe", SysfsAttribute.WriteOnly(write => ProbeAsync(write.Text)));
        tree.Add($"{BusPath}/drivers_autoprobe", SysfsAttribute.Writable(() => _driversAutoprobe ? "1" : "0", StoreDriversAutoprobe));
        tree.Add($"{BusPath}/uevent", Uevent());
        foreach (var driver in _drivers)
        {
            Describe(tree, driver);
        }

        foreach (var bus in _bridge.Buses)
        {
            bus.Bridge?.Describe(tree, this);
        }

        foreach (var device in _devices)
        {
            device.Describe(tree, this);
        }
    }

    private void Describe(SysfsTree tree, PciDriver driver)
    {
        var path = $"{DriversPath}/{driver.Name}";
        tree.Add($"{path}/bind", SysfsAttribute.WriteOnly(write => BindAsync(driver, write.Text)));
        tree.Add($"{path}/unbind", SysfsAttribute.WriteOnly(write => UnbindAsync(driver, write.Text)));
        tree.Add($"{path}/new_id", SysfsAttribute.WriteOnly(write => AddIdAsync(driver, write.Text)));
        tree.Add($"{path}/remove_id", SysfsAttribute.WriteOnly(write => ValueTask.FromResult(driver.StoreRemoveId(write.Text))));
        tree.Add($"{path}/uevent", Uevent());
    }

    private static SysfsAttribute Uevent()
        => SysfsAttribute.WriteOnly(write => ValueTask.FromResult(UeventActions.Check(write.Text)));

    private ValueTask<SysResult> StoreDriversAutoprobe(SysfsWrite write)
    {
        _driversAutoprobe = !write.Text.StartsWith('0');
        return ValueTask.FromResult(SysResult.Success);
    }
}
