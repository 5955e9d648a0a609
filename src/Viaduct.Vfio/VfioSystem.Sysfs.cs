using Viaduct.Iommu;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Groups;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Vfio;

/// <content>What clients see of the machine under /sys.</content>
public sealed partial class VfioSystem
{
    private static readonly int s_ownerWrites = Convert.ToInt32("644", 8);

    private readonly List<ISysfsSource> _sources = [];
    private readonly List<ModuleParameter> _parameters = [];
    private int _sysfsVersion;

    /// <summary>Changes whenever names below /sys or /dev/vfio come or go: what <see cref="DescribeSysfs"/> said before is old then.</summary>
    public int SysfsVersion => Volatile.Read(ref _sysfsVersion);

    /// <summary>Names below /sys or /dev/vfio have come or gone. Attributes' values need no telling.</summary>
    public void SysfsChanged() => Interlocked.Increment(ref _sysfsVersion);

    /// <summary>Adds a bus. For composition, before any client runs.</summary>
    public void Add(ISysfsSource source) => _sources.Add(source);

    /// <summary>Adds a parameter of a module. For composition, before any client runs.</summary>
    public void Add(ModuleParameter parameter) => _parameters.Add(parameter);

    /// <summary>What clients see of all this under /sys and /dev/vfio (the nodes themselves are the door's).</summary>
    public SysfsTree DescribeSysfs()
    {
        var tree = new SysfsTree();
        tree.AddDirectory("/sys/kernel/iommu_groups", opaque: true);
        tree.AddDirectory("/sys/class/vfio", opaque: true);
        tree.AddDirectory("/sys/class/vfio-dev", opaque: true);
        tree.AddDirectory("/sys/kernel/debug/vfio", opaque: true);
        foreach (var name in (string[])["vfio", "vfio_pci", "vfio_pci_core", .. IommuDrivers.Select(driver => driver.Module).OfType<string>()])
        {
            tree.AddDirectory($"/sys/module/{name}", opaque: true);
        }

        foreach (var parameter in _parameters.Concat(IommuDrivers.SelectMany(driver => driver.Parameters)))
        {
            Describe(tree, parameter);
        }

        DescribeContainerNode(tree);
        foreach (var source in _sources)
        {
            source.Describe(tree);
        }

        lock (Gate)
        {
            foreach (var group in _groups.Values)
            {
                Describe(tree, group);
            }
        }

        return tree;
    }

    private static void Describe(SysfsTree tree, ModuleParameter parameter)
        => tree.Add(
            $"/sys/module/{parameter.Module}/parameters/{parameter.Name}",
            parameter.IsWritable
                ? SysfsAttribute.Writable(parameter.Show, write => ValueTask.FromResult(parameter.Store(write.Text)))
                : SysfsAttribute.Text(parameter.Show()));

    // /dev/vfio/vfio is a misc device.
    private static void DescribeContainerNode(SysfsTree tree)
    {
        const string Node = "/sys/devices/virtual/misc/vfio";
        var number = DeviceNumber.Container;
        tree.AddDirectory(Node, opaque: true);
        tree.Add($"{Node}/dev", SysfsAttribute.Text($"{number.Major}:{number.Minor}"));
        tree.Add(
            $"{Node}/uevent",
            SysfsAttribute.Text(
                $"MAJOR={number.Major}\nMINOR={number.Minor}\nDEVNAME=vfio/vfio\nDEVMODE=0666", s_ownerWrites));
        tree.Add($"{Node}/subsystem", new SysfsLink("../../../../class/misc"));
        tree.Add("/sys/class/misc/vfio", new SysfsLink("../../devices/virtual/misc/vfio"));
    }

    private static void Describe(SysfsTree tree, VfioGroup group)
    {
        var name = group.Name;
        IommuGroupSysfs.Describe(tree, group.Iommu);
        var node = $"/sys/devices/virtual/vfio/{name}";
        var number = group.DeviceNumber;
        tree.Add($"{node}/dev", SysfsAttribute.Text($"{number.Major}:{number.Minor}"));
        tree.Add($"{node}/uevent", SysfsAttribute.Text($"MAJOR={number.Major}\nMINOR={number.Minor}\nDEVNAME=vfio/{name}"));
        tree.Add($"{node}/subsystem", new SysfsLink("../../../../class/vfio"));
        tree.Add($"/sys/class/vfio/{name}", new SysfsLink($"../../devices/virtual/vfio/{name}"));
        foreach (var device in group.Devices)
        {
            device.Describe(tree);
        }
    }
}
