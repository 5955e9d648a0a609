using System.Globalization;
using System.Text;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Pci;

/// <content>The device's directory in sysfs (drivers/pci/pci-sysfs.c).</content>
public sealed partial class PciDevice
{
    private const int ReadOnly = 0x124;   // 0444
    private const int ReadWriteOwner = 0x1a4;   // 0644
    private const int WriteOnlyGroup = 0x90;   // 0220
    private const int PrivateOwner = 0x180;   // 0600
    private const int TextSize = 4096;

    /// <summary>Bytes of configuration space that a reader without CAP_SYS_ADMIN gets.</summary>
    private const int UnprivilegedConfigSize = 64;

    /// <summary>Adds its part: the directory, and the links of bus, driver and group to it.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="bus">What bus-wide writes end at.</param>
    internal void Describe(SysfsTree tree, PciBusType bus)
    {
        tree.AddDirectory(SysfsPath, opaque: true);
        var home = SysfsPath["/sys/".Length..];
        var top = string.Concat(Enumerable.Repeat("../", SysfsPath.Count('/') - 1));
        tree.Add($"/sys/bus/pci/devices/{Name}", new SysfsLink($"../../../{home}"));
        AddLink(tree, "subsystem", $"{top}bus/pci");
        if (!Group.IsNoIommu || Vfio is not null)
        {
            // Without an IOMMU it is VFIO that makes groups.
            var group = IommuGroupSysfs.PathOf(Group);
            tree.Add($"{group}/devices/{Name}", new SysfsLink($"../../../../{home}"));
            IommuGroupSysfs.Describe(tree, Group);
            AddLink(tree, "iommu_group", $"{top}{group["/sys/".Length..]}");
        }

        if (Driver is { } driver && IsDriverLinked)
        {
            tree.Add($"{PciBusType.DriversPath}/{driver.Name}/{Name}", new SysfsLink($"../../../../{home}"));
            AddLink(tree, "driver", $"{top}bus/pci/drivers/{driver.Name}");
            driver.Describe(tree, this);
        }

        DescribeIdentity(tree);
        DescribeState(tree);
        DescribeControls(tree, bus);
        DescribeResources(tree);
        DescribeSriov(tree, bus);
    }

    private void DescribeIdentity(SysfsTree tree)
    {
        var identity = Function.Identity;
        var classCode = identity.ClassCode;
        var alias = $"pci:v{identity.VendorId:X8}d{identity.DeviceId:X8}sv{identity.SubsystemVendorId:X8}"
            + $"sd{identity.SubsystemId:X8}bc{classCode >> 16:X2}sc{(classCode >> 8) & 0xff:X2}i{classCode & 0xff:X2}";
        AddText(tree, "vendor", $"0x{identity.VendorId:x4}");
        AddText(tree, "device", $"0x{identity.DeviceId:x4}");
        AddText(tree, "subsystem_vendor", $"0x{identity.SubsystemVendorId:x4}");
        AddText(tree, "subsystem_device", $"0x{identity.SubsystemId:x4}");
        AddText(tree, "revision", $"0x{identity.Revision:x2}");
        AddText(tree, "class", $"0x{classCode:x6}");
        AddText(tree, "modalias", alias);
        var about = $"PCI_CLASS={classCode:X4}\n"
            + $"PCI_ID={identity.VendorId:X4}:{identity.DeviceId:X4}\n"
            + $"PCI_SUBSYS_ID={identity.SubsystemVendorId:X4}:{identity.SubsystemId:X4}\n"
            + $"PCI_SLOT_NAME={Name}\nMODALIAS={alias}";
        AddWritable(tree, "uevent", () => (Driver is { } driver ? $"DRIVER={driver.Name}\n" : "") + about, UeventActions.Check);
    }

    private void DescribeState(SysfsTree tree)
    {
        AddText(tree, "irq", Resources.Line.ToString(CultureInfo.InvariantCulture));
        AddText(tree, "ari_enabled", "0");
        AddText(tree, "dma_mask_bits", "32");
        AddText(tree, "consistent_dma_mask_bits", "32");
        AddText(tree, "local_cpus", CpuMask(Environment.ProcessorCount));
        AddText(tree, "local_cpulist", Environment.ProcessorCount == 1 ? "0" : $"0-{Environment.ProcessorCount - 1}");
        AddShown(tree, "power_state", ReadOnly, () => Function.IsPowered ? "D0" : "D3hot");
    }

    private void DescribeResources(SysfsTree tree)
    {
        tree.Add($"{SysfsPath}/config", new SysfsAttribute(
            ReadWriteOwner, Function.ConfigSize, () => ShowConfig(UnprivilegedConfigSize))
        {
            ShowPrivileged = () => ShowConfig(Function.ConfigSize),
            IsBinary = true,
            Store = write => ValueTask.FromResult(StoreConfig(write)),
            IsGone = IsGone,
        });
        var lines = ResourceLines().ToArray();
        for (var i = 0; i < PCI_STD_NUM_BARS; i++)
        {
            if (Function.Bars[i] is { } bar)
            {
                tree.Add($"{SysfsPath}/resource{i}", new SysfsAttribute(PrivateOwner, (long)bar.Size, () => []));
            }
        }

        // What the ROM gives has to be asked for by writing to it, which nobody may here.
        if (Function.Rom is { } rom)
        {
            tree.Add($"{SysfsPath}/rom", new SysfsAttribute(PrivateOwner, rom.Size, () => []));
        }

        var text = Encoding.ASCII.GetBytes(string.Concat(lines.Select(line => line + "\n")));
        tree.Add($"{SysfsPath}/resource", new SysfsAttribute(ReadOnly, TextSize, () => text));
    }

    /// <summary>The lines of <c>resource</c>: BARs, the ROM, and what virtual functions share.</summary>
    private IEnumerable<string> ResourceLines()
    {
        for (var i = 0; i < PCI_STD_NUM_BARS; i++)
        {
            yield return ResourceLine(Resources.Starts[i], Function.Bars[i]?.Size ?? 0, ResourceFlags.Of(Function.Bars[i]));
        }

        yield return ResourceLine(Resources.RomStart, (ulong)(Function.Rom?.Size ?? 0), ResourceFlags.Rom);
        for (var i = 0; i < PCI_STD_NUM_BARS; i++)
        {
            var bar = Function.Sriov?.Bars[i];
            yield return ResourceLine(
                Resources.VirtualStarts[i], (bar?.Size ?? 0) * (ulong)(Function.Sriov?.TotalVfs ?? 0), ResourceFlags.Of(bar));
        }
    }

    private static string ResourceLine(ulong start, ulong size, ulong flags)
        => size == 0
            ? "0x0000000000000000 0x0000000000000000 0x0000000000000000"
            : $"0x{start:x16} 0x{start + (size - 1):x16} 0x{flags:x16}";

    /// <summary>The chip's registers, as far as the reader may see them.</summary>
    private byte[] ShowConfig(int length)
    {
        var bytes = new byte[length];
        lock (Function.Gate)
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                bytes[i] = (byte)Function.ReadConfig(i, 1);
            }
        }

        return bytes;
    }

    /// <summary>%*pb: words of 32 bits, the highest first.</summary>
    private static string CpuMask(int count)
    {
        var text = new StringBuilder();
        for (var word = (count - 1) / 32; word >= 0; word--)
        {
            var bits = Math.Min(32, count - (word * 32));
            var format = text.Length == 0 ? "x" : "x8";
            text.Append((uint.MaxValue >> (32 - bits)).ToString(format, CultureInfo.InvariantCulture));
            text.Append(word == 0 ? "" : ",");
        }

        return text.ToString();
    }

    private void AddLink(SysfsTree tree, string name, string target)
        => tree.Add($"{SysfsPath}/{name}", new SysfsLink(target));

    private void AddText(SysfsTree tree, string name, string text)
        => tree.Add($"{SysfsPath}/{name}", SysfsAttribute.Text(text));

    private void AddShown(SysfsTree tree, string name, int mode, Func<string> show)
        => tree.Add($"{SysfsPath}/{name}", new SysfsAttribute(mode, TextSize, () => Encoding.ASCII.GetBytes(show() + "\n")));
}
