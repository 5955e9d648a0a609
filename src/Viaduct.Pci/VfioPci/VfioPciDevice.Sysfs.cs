using Viaduct.Vfio.Sysfs;

namespace Viaduct.Pci.VfioPci;

/// <content>The device's part of sysfs: its own node's, below that of the function.</content>
public sealed partial class VfioPciDevice
{
    /// <inheritdoc/>
    public override void Describe(SysfsTree tree)
    {
        if (CharacterDevice is not (_, var number))
        {
            return;
        }

        var path = $"{SysfsPath}/vfio-dev/{NodeName}";
        var top = string.Concat(Enumerable.Repeat("../", SysfsPath.Count('/') - 1));
        tree.Add($"{path}/dev", SysfsAttribute.Text($"{number.Major}:{number.Minor}"));
        tree.Add($"{path}/uevent", SysfsAttribute.Text(
            $"MAJOR={number.Major}\nMINOR={number.Minor}\nDEVNAME=vfio/devices/{NodeName}", Convert.ToInt32("644", 8)));
        tree.Add($"{path}/device", new SysfsLink($"../../../{Name}"));
        tree.Add($"{path}/subsystem", new SysfsLink($"../../{top}class/vfio-dev"));
        tree.Add($"/sys/class/vfio-dev/{NodeName}", new SysfsLink($"../../{path["/sys/".Length..]}"));
    }
}
