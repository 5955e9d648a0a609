using Viaduct.Iommu;
using Viaduct.Vfio.Containers;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Groups;
using Viaduct.Vfio.Iommufd;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Vfio;

/// <summary>
/// One machine's VFIO: its groups, their devices, and the kinds of IOMMU that containers may choose. Every door serves
/// the objects of one of these.
/// </summary>
/// <param name="iommuDrivers">In the order in which the kernel would ask them.</param>
public sealed class VfioSystem(IReadOnlyList<IIommuDriver> iommuDrivers)
{
    private static readonly int s_ownerWrites = Convert.ToInt32("644", 8);

    private readonly SortedDictionary<int, VfioGroup> _groups = [];
    private readonly List<VfioDevice> _others = [];

    /// <summary>
    /// Held over every change of who has what: container, group and device opens, their ioctls, their releases (the
    /// kernel's group_lock, container->group_lock and dev_set->lock in one). Outermost in the lock order; transfers and
    /// register accesses never take it.
    /// </summary>
    public Lock Gate { get; } = new();

    /// <summary>The kinds of IOMMU that a container may choose.</summary>
    public IReadOnlyList<IIommuDriver> IommuDrivers { get; } = iommuDrivers;

    /// <summary>The groups by number.</summary>
    public IReadOnlyCollection<VfioGroup> Groups => _groups.Values;

    /// <summary>Adds a device, and its group where it is new. For composition, before any client runs.</summary>
    public void Add(VfioDevice device)
    {
        if (!_groups.TryGetValue(device.Group.Id, out var group))
        {
            _groups.Add(device.Group.Id, group = new VfioGroup(this, device.Group));
        }

        device.Gate = Gate;
        group.Add(device);
    }

    /// <summary>Adds a device that no VFIO driver has: clients see it in sysfs only. For composition.</summary>
    public void AddOther(VfioDevice device) => _others.Add(device);

    /// <summary>open() of /dev/vfio/vfio: anybody may, any number of times.</summary>
    public ContainerFile OpenContainer() => new(new Container(this));

    /// <summary>open() of /dev/iommu.</summary>
    public static IommufdFile OpenIommufd() => new();

    /// <summary>open() of /dev/vfio/devices/vfioN: anybody may, any number of times.</summary>
    /// <param name="device">A device of this system that has a node of its own.</param>
    public CdevFile OpenDevice(VfioDevice device) => new(_groups[device.Group.Id], device);

    /// <summary>The group of that number, or null.</summary>
    public VfioGroup? FindGroup(int id) => _groups.GetValueOrDefault(id);

    /// <summary>What clients see of all this under /sys and /dev/vfio (the nodes themselves are the door's).</summary>
    public SysfsTree DescribeSysfs()
    {
        var tree = new SysfsTree();
        tree.AddDirectory("/sys/kernel/iommu_groups", opaque: true);
        tree.AddDirectory("/sys/class/vfio", opaque: true);
        tree.AddDirectory("/sys/class/vfio-dev", opaque: true);
        foreach (var name in new[] { "vfio", "vfio_iommu_type1", "vfio_pci", "vfio_pci_core" })
        {
            tree.AddDirectory($"/sys/module/{name}", opaque: true);
        }

        var noIommu = IommuDrivers.Any(driver => driver.IsNoIommu) ? "Y" : "N";
        Describe(tree, new ModuleParameter("vfio", "enable_unsafe_noiommu_mode", noIommu));
        Describe(tree, new ModuleParameter("vfio_pci", "disable_idle_d3", "N"));
        foreach (var parameter in IommuDrivers.SelectMany(driver => driver.Parameters))
        {
            Describe(tree, parameter);
        }

        DescribeContainerNode(tree);

        foreach (var group in _groups.Values)
        {
            Describe(tree, group);
        }

        foreach (var device in _others)
        {
            if (!device.Group.IsNoIommu)
            {
                Describe(tree, device.Group);
            }

            device.Describe(tree);
        }

        return tree;
    }

    private static void Describe(SysfsTree tree, in ModuleParameter parameter)
        => tree.Add(
            $"/sys/module/{parameter.Module}/parameters/{parameter.Name}",
            SysfsAttribute.Text(parameter.Value, s_ownerWrites));

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

    private static void Describe(SysfsTree tree, IommuGroup group)
    {
        var path = $"/sys/kernel/iommu_groups/{group.Id}";
        tree.AddDirectory($"{path}/devices");
        tree.Add($"{path}/type", SysfsAttribute.Text(group.IsNoIommu ? "unknown" : "DMA", s_ownerWrites));
        var regions = string.Join('\n', group.Unit.ReservedRegions.Select(r => $"0x{r.First:x16} 0x{r.Last:x16} {r.Type}"));
        tree.Add($"{path}/reserved_regions", regions.Length == 0 ? SysfsAttribute.Empty() : SysfsAttribute.Text(regions));
        if (group.IsNoIommu)
        {
            tree.Add($"{path}/name", SysfsAttribute.Text("vfio-noiommu"));
        }
    }

    private static void Describe(SysfsTree tree, VfioGroup group)
    {
        var name = group.Name;
        Describe(tree, group.Iommu);
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
