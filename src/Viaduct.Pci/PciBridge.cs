using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Viaduct.Iommu;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Pci;

/// <summary>
/// A bridge of the host with one bus below it, as sysfs shows it: a PCI Express root port, or a conventional bridge where the bus
/// has a device number above zero, which no port's link has. No driver is bound to it. The identities are QEMU's.
/// </summary>
/// <param name="address">Where it is, on a root bus.</param>
/// <param name="secondary">The number of the bus below it.</param>
public sealed class PciBridge(PciAddress address, byte secondary)
{
    private const ushort RedHat = 0x1b36;
    private const ushort RootPortId = 0x000c;
    private const ushort BridgeId = 0x0001;
    private const uint BridgeClass = 0x060400;
    private const byte BridgeHeader = 1;
    private const int TextSize = 4096;
    private const int UnprivilegedConfigSize = 64;
    private const int ReadOnly = 0x124;   // 0444
    private const int ReadWriteOwner = 0x1a4;   // 0644
    private const string NoResource = "0x0000000000000000 0x0000000000000000 0x0000000000000000";
    private const int ResourceLines = 17;

    // A type 1 header's bus numbers, and a root port's ACS capability with what keeps groups apart (PCIe 3.0, 7.16).
    private const int PrimaryBus = 0x18;
    private const int SecondaryBus = 0x19;
    private const int SubordinateBus = 0x1a;
    private const int ExpressOffset = 0x40;
    private const int RootPortFlags = 0x0042;
    private const int OneLane = 0x0010;
    private const ushort AcsId = 0x000d;
    private const ushort AcsCapable = 0x005f;
    private const ushort AcsEnabled = 0x001d;

    private bool _hasHigherDevices;

    /// <summary>Where it is.</summary>
    public PciAddress Address { get; } = address;

    /// <summary>Its directory in sysfs, below which those of its bus's functions are.</summary>
    public string SysfsPath { get; } = $"/sys/devices/pci{address.Domain:x4}:{address.Bus:x2}/{address}";

    /// <summary>Its IOMMU group; null where that is not known.</summary>
    public IommuGroup? Group { get; set; }

    /// <summary>It is no root port: everything below it is one group, with it.</summary>
    public bool IsConventional => _hasHigherDevices;

    internal void Added(PciDevice device) => _hasHigherDevices |= device.Address.Device != 0;

    /// <summary>Adds its part of sysfs.</summary>
    internal void Describe(SysfsTree tree, PciBusType bus)
    {
        var home = SysfsPath["/sys/".Length..];
        var device = IsConventional ? BridgeId : RootPortId;
        var alias = $"pci:v{RedHat:X8}d{device:X8}sv00000000sd00000000bc06sc04i00";
        tree.AddDirectory(SysfsPath, opaque: true);
        tree.Add($"/sys/bus/pci/devices/{Address}", new SysfsLink($"../../../{home}"));
        tree.Add($"{SysfsPath}/subsystem", new SysfsLink("../../../bus/pci"));
        Add(tree, "vendor", $"0x{RedHat:x4}");
        Add(tree, "device", $"0x{device:x4}");
        Add(tree, "subsystem_vendor", "0x0000");
        Add(tree, "subsystem_device", "0x0000");
        Add(tree, "revision", "0x00");
        Add(tree, "class", $"0x{BridgeClass:x6}");
        Add(tree, "modalias", alias);
        Add(tree, "irq", "0");
        Add(tree, "secondary_bus_number", secondary.ToString(CultureInfo.InvariantCulture));
        Add(tree, "subordinate_bus_number", secondary.ToString(CultureInfo.InvariantCulture));
        Add(tree, "resource", string.Join('\n', Enumerable.Repeat(NoResource, ResourceLines)));
        Add(tree, "enable", "1", ReadWriteOwner);
        Add(tree, "numa_node", "-1", ReadWriteOwner);
        tree.Add($"{SysfsPath}/rescan", SysfsAttribute.WriteOnly(write => PciDevice.IfNotZero(write, bus.RescanAsync)));
        Add(tree, "power_state", "D0");
        Add(
            tree,
            "uevent",
            $"PCI_CLASS={BridgeClass:X}\nPCI_ID={RedHat:X4}:{device:X4}\nPCI_SUBSYS_ID=0000:0000\nPCI_SLOT_NAME={Address}\n"
                + $"MODALIAS={alias}",
            ReadWriteOwner);
        var config = Config(device);
        tree.Add($"{SysfsPath}/config", new SysfsAttribute(
            ReadWriteOwner, config.Length, () => config[..UnprivilegedConfigSize])
        {
            ShowPrivileged = () => config,
        });
        DescribeGroup(tree, home);
    }

    private void DescribeGroup(SysfsTree tree, string home)
    {
        if (Group is null)
        {
            return;
        }

        var group = IommuGroupSysfs.PathOf(Group);
        IommuGroupSysfs.Describe(tree, Group);
        tree.Add($"{SysfsPath}/iommu_group", new SysfsLink($"../../..{group["/sys".Length..]}"));
        tree.Add($"{group}/devices/{Address}", new SysfsLink($"../../../../{home}"));
    }

    private byte[] Config(ushort device)
    {
        var config = new byte[IsConventional ? PCI_CFG_SPACE_SIZE : PCI_CFG_SPACE_EXP_SIZE];
        Put(config, PCI_VENDOR_ID, RedHat);
        Put(config, PCI_DEVICE_ID, device);
        Put(config, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
        Put(config, PCI_CLASS_REVISION + 2, (int)(BridgeClass >> 8));
        config[PCI_HEADER_TYPE] = BridgeHeader;
        config[PrimaryBus] = Address.Bus;
        config[SecondaryBus] = secondary;
        config[SubordinateBus] = secondary;
        if (!IsConventional)
        {
            Put(config, PCI_STATUS, PCI_STATUS_CAP_LIST);
            config[PCI_CAPABILITY_LIST] = ExpressOffset;
            config[ExpressOffset] = PCI_CAP_ID_EXP;
            Put(config, ExpressOffset + PCI_EXP_FLAGS, RootPortFlags);
            Put(config, ExpressOffset + PCI_EXP_LNKCAP, OneLane | 1);
            Put(config, ExpressOffset + PCI_EXP_LNKSTA, OneLane | 1);
            Put(config, PCI_CFG_SPACE_SIZE, AcsId);
            Put(config, PCI_CFG_SPACE_SIZE + 2, 1);
            Put(config, PCI_CFG_SPACE_SIZE + 4, AcsCapable);
            Put(config, PCI_CFG_SPACE_SIZE + 6, AcsEnabled);
        }

        return config;
    }

    private static void Put(byte[] config, int offset, int value)
        => BinaryPrimitives.WriteUInt16LittleEndian(config.AsSpan(offset), (ushort)value);

    private void Add(SysfsTree tree, string name, string text, int mode = ReadOnly)
        => tree.Add(
            $"{SysfsPath}/{name}", new SysfsAttribute(mode, TextSize, () => Encoding.ASCII.GetBytes(text + "\n")));
}
