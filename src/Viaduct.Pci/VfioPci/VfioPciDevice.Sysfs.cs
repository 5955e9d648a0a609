using System.Globalization;
using System.Text;
using Viaduct.Pci.Hardware;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Pci.VfioPci;

/// <content>The device's part of sysfs, as the kernel shows a function that vfio-pci has.</content>
public sealed partial class VfioPciDevice
{
    private const string Drivers = "/sys/bus/pci/drivers";
    private const int ReadOnly = 0x124;   // 0444
    private const int ReadWriteOwner = 0x1a4;   // 0644
    private const int WriteOnlyOwner = 0x80;   // 0200
    private const int PrivateOwner = 0x180;   // 0600
    private const int TextSize = 4096;

    /// <summary>Bytes of configuration space that a reader without CAP_SYS_ADMIN gets.</summary>
    private const int UnprivilegedConfigSize = 64;

    // struct resource's flags, linux/ioport.h; the low bits are the BAR's.
    private const uint ResourceIo = 0x100;
    private const uint ResourceMemory = 0x200;
    private const uint ResourcePrefetch = 0x2000;
    private const uint ResourceSizeAlign = 0x40000;
    private const uint ResourceMemory64 = 0x100000;

    /// <summary>Lines of the resource file: BARs, ROM and what bridges and virtual functions have.</summary>
    private const int ResourceLines = 13;

    /// <inheritdoc/>
    public override void Describe(SysfsTree tree)
    {
        tree.AddDirectory("/sys/bus/pci", opaque: true); // of the bus, a client sees this machine's devices only
        tree.AddDirectory(SysfsPath, opaque: true);
        var home = SysfsPath["/sys/".Length..];
        tree.Add($"/sys/bus/pci/devices/{Name}", new SysfsLink($"../../../{home}"));
        var top = string.Concat(Enumerable.Repeat("../", SysfsPath.Count('/') - 1));
        AddLink(tree, "subsystem", $"{top}bus/pci");
        DescribeDriver(tree, top, home);
        if (!Group.IsNoIommu || _driver == OwnDriver)
        {
            // Without an IOMMU it is VFIO that makes groups.
            tree.Add($"/sys/kernel/iommu_groups/{Group.Id}/devices/{Name}", new SysfsLink($"../../../../{home}"));
            AddLink(tree, "iommu_group", $"{top}kernel/iommu_groups/{Group.Id}");
        }

        _bus.Bridge?.Describe(tree);
        DescribeIdentity(tree);
        DescribeState(tree);
        DescribeResources(tree);
        if (_driver == OwnDriver)
        {
            tree.AddDirectory($"{SysfsPath}/vfio-dev");
        }

        if (CharacterDevice is { } node)
        {
            DescribeCharacterDevice(tree, top, node.Number);
        }
    }

    private void DescribeDriver(SysfsTree tree, string top, string home)
    {
        if (_driver is null)
        {
            return;
        }

        tree.Add($"{Drivers}/{_driver}/{Name}", new SysfsLink($"../../../../{home}"));
        foreach (var control in new[] { "bind", "unbind", "new_id", "remove_id", "uevent" })
        {
            tree.Add($"{Drivers}/{_driver}/{control}", WriteOnly());
        }

        AddLink(tree, "driver", $"{top}bus/pci/drivers/{_driver}");
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
        AddWritable(tree, "uevent", () => (_driver is null ? "" : $"DRIVER={_driver}\n") + $"PCI_CLASS={classCode:X4}\n"
            + $"PCI_ID={identity.VendorId:X4}:{identity.DeviceId:X4}\n"
            + $"PCI_SUBSYS_ID={identity.SubsystemVendorId:X4}:{identity.SubsystemId:X4}\n"
            + $"PCI_SLOT_NAME={Name}\nMODALIAS={alias}");
    }

    private void DescribeState(SysfsTree tree)
    {
        AddText(tree, "irq", _resources.Line.ToString(CultureInfo.InvariantCulture));
        AddText(tree, "ari_enabled", "0");
        AddText(tree, "dma_mask_bits", "32");
        AddText(tree, "consistent_dma_mask_bits", "32");
        AddText(tree, "local_cpus", CpuMask(Environment.ProcessorCount));
        AddText(tree, "local_cpulist", Environment.ProcessorCount == 1 ? "0" : $"0-{Environment.ProcessorCount - 1}");
        AddWritable(tree, "numa_node", () => "-1");
        AddWritable(tree, "driver_override", () => _driver == OwnDriver ? OwnDriver : "(null)");
        AddWritable(tree, "enable", () => Volatile.Read(ref _config) is null ? "0" : "1");
        AddWritable(tree, "msi_bus", () => "1");
        AddWritable(tree, "broken_parity_status", () => "0");
        AddWritable(tree, "d3cold_allowed", () => "1");
        AddShown(tree, "power_state", ReadOnly, () => Function.IsPowered ? "D0" : "D3hot");
        tree.Add($"{SysfsPath}/remove", WriteOnly());
        tree.Add($"{SysfsPath}/rescan", WriteOnly());
        if (ResetMethods is { Length: > 0 } methods)
        {
            tree.Add($"{SysfsPath}/reset", WriteOnly());
            AddWritable(tree, "reset_method", () => methods);
        }
    }

    private void DescribeResources(SysfsTree tree)
    {
        tree.Add($"{SysfsPath}/config", new SysfsAttribute(
            ReadWriteOwner, Function.ConfigSize, () => ShowConfig(UnprivilegedConfigSize))
        {
            ShowPrivileged = () => ShowConfig(Function.ConfigSize),
        });
        var lines = new StringBuilder();
        for (var i = 0; i < ResourceLines; i++)
        {
            if (i == PCI_STD_NUM_BARS && Function.Rom is { } rom)
            {
                DescribeRom(tree, lines, rom);
                continue;
            }

            if (FindBar((ulong)i) is not { } bar)
            {
                lines.Append("0x0000000000000000 0x0000000000000000 0x0000000000000000\n");
                continue;
            }

            var start = _resources.Starts[i];
            var last = start + (bar.Size - 1);
            lines.Append(CultureInfo.InvariantCulture, $"0x{start:x16} 0x{last:x16} 0x{ResourceFlags(bar.Kind):x16}\n");
            tree.Add($"{SysfsPath}/resource{i}", new SysfsAttribute(PrivateOwner, (long)bar.Size, () => []));
        }

        var text = Encoding.ASCII.GetBytes(lines.ToString());
        tree.Add($"{SysfsPath}/resource", new SysfsAttribute(ReadOnly, TextSize, () => text));
    }

    private void DescribeCharacterDevice(SysfsTree tree, string top, DeviceNumber number)
    {
        var path = $"{SysfsPath}/vfio-dev/{NodeName}";
        tree.Add($"{path}/dev", SysfsAttribute.Text($"{number.Major}:{number.Minor}"));
        tree.Add($"{path}/uevent", SysfsAttribute.Text(
            $"MAJOR={number.Major}\nMINOR={number.Minor}\nDEVNAME=vfio/devices/{NodeName}"));
        tree.Add($"{path}/device", new SysfsLink($"../../../{Name}"));
        tree.Add($"{path}/subsystem", new SysfsLink($"../../{top}class/vfio-dev"));
        tree.Add($"/sys/class/vfio-dev/{NodeName}", new SysfsLink($"../../{path["/sys/".Length..]}"));
    }

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

    private static uint ResourceFlags(PciBarKind kind)
    {
        var flags = (uint)kind | ResourceSizeAlign;
        if (kind.HasFlag(PciBarKind.Io))
        {
            return flags | ResourceIo;
        }

        flags |= ResourceMemory;
        flags |= kind.HasFlag(PciBarKind.Memory64) ? ResourceMemory64 : 0;
        return flags | (kind.HasFlag(PciBarKind.Prefetchable) ? ResourcePrefetch : 0);
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

    private static SysfsAttribute WriteOnly() => new(WriteOnlyOwner, TextSize, () => []);

    private void AddLink(SysfsTree tree, string name, string target)
        => tree.Add($"{SysfsPath}/{name}", new SysfsLink(target));

    private void AddText(SysfsTree tree, string name, string text)
        => tree.Add($"{SysfsPath}/{name}", SysfsAttribute.Text(text));

    private void AddWritable(SysfsTree tree, string name, Func<string> show)
        => AddShown(tree, name, ReadWriteOwner, show);

    private void AddShown(SysfsTree tree, string name, int mode, Func<string> show)
    {
        var attribute = new SysfsAttribute(mode, TextSize, () => Encoding.ASCII.GetBytes(show() + "\n"));
        tree.Add($"{SysfsPath}/{name}", attribute);
    }
}
