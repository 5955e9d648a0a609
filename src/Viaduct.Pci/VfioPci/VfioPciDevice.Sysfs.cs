using Viaduct.Vfio.Sysfs;

namespace Viaduct.Pci.VfioPci;

/// <content>The device's part of sysfs: its own node's, below that of the function. And debugfs'.</content>
public sealed partial class VfioPciDevice
{
    private const int DebugMode = 0x124; // 0444

    /// <inheritdoc/>
    public override void Describe(SysfsTree tree)
    {
        if (CharacterDevice is not (_, var number))
        {
            return;
        }

        var path = $"{SysfsPath}/vfio-dev/{NodeName}";
        var top = string.Concat(Enumerable.Repeat("../", SysfsPath.Count('/') - 1));
        var mode = Convert.ToInt32("644", 8);
        if (HasNode)
        {
            tree.Add($"{path}/dev", SysfsAttribute.Text($"{number.Major}:{number.Minor}"));
            tree.Add($"{path}/uevent", SysfsAttribute.Text(
                $"MAJOR={number.Major}\nMINOR={number.Minor}\nDEVNAME=vfio/devices/{NodeName}", mode));
        }
        else
        {
            tree.Add($"{path}/uevent", SysfsAttribute.Empty(mode));
        }

        tree.Add($"{path}/device", new SysfsLink($"../../../{Name}"));
        tree.Add($"{path}/subsystem", new SysfsLink($"../../{top}class/vfio-dev"));
        tree.Add($"/sys/class/vfio-dev/{NodeName}", new SysfsLink($"../../{path["/sys/".Length..]}"));

        // With the values that the module was loaded with.
        var debug = $"/sys/kernel/debug/vfio/{Name}/pci";
        tree.Add($"{debug}/disable_idle_d3", new SysfsAttribute(DebugMode, 0, () => "N\n"u8.ToArray()));
        tree.Add($"{debug}/nointxmask", new SysfsAttribute(DebugMode, 0, () => "N\n"u8.ToArray()));
    }
}
