namespace Viaduct.Driver;

/// <summary>Where the kernel's files are; tests put a tree of their own in their place.</summary>
/// <param name="Sysfs">sysfs.</param>
/// <param name="Nodes">The folder of VFIO's device nodes.</param>
/// <param name="Iommufd">iommufd's node.</param>
internal sealed record VfioPaths(string Sysfs, string Nodes, string Iommufd)
{
    internal static VfioPaths Default { get; } = new("/sys", "/dev/vfio", "/dev/iommu");

    internal string Container => $"{Nodes}/vfio";

    internal string Devices => $"{Sysfs}/bus/pci/devices";

    internal string Device(string name) => $"{Devices}/{name}";

    internal string Group(int group) => $"{Nodes}/{group}";

    /// <summary>The node of a device's own.</summary>
    internal string Cdev(string cdev) => $"{Nodes}/devices/{cdev}";

    /// <summary>The folder with the name of the device's own node, where it has one.</summary>
    internal string CdevNames(string device) => $"{Device(device)}/vfio-dev";

    /// <summary>The node of a group without an IOMMU.</summary>
    internal string NoIommuGroup(int group) => $"{Nodes}/noiommu-{group}";

    internal string GroupDevices(int group) => $"{Sysfs}/kernel/iommu_groups/{group}/devices";
}
