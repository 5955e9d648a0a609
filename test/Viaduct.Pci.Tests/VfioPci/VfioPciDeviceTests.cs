using System.Text;
using Viaduct.Abi;
using Viaduct.Pci.Tests.Infrastructure;
using Viaduct.Pci.VfioPci;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Pci.Tests.VfioPci;

public sealed class VfioPciDeviceTests
{
    [Theory]
    [InlineData("0000:00:05.0", 1, Errno.None)]
    [InlineData("0000:00:05.0 ", 1, Errno.None)]
    [InlineData("0000:00:05.0   ", 1, Errno.None)]
    [InlineData("0000:00:05.1", 0, Errno.None)]
    [InlineData("0000:00:05", 0, Errno.None)]
    [InlineData("", 0, Errno.None)]
    [InlineData("0000:00:05.0x", 0, Errno.None)]
    [InlineData("0000:00:05.0\n", 0, Errno.None)]
    [InlineData("0000:00:05.0 x", 0, Errno.EINVAL)]
    [InlineData("0000:00:05.0 vf_token=", 0, Errno.EINVAL)]
    [InlineData("0000:00:05.0 vf_token=2ab74924-c335-45f4-9b16-8569e5b08258", 0, Errno.EINVAL)]
    public void Match_OfTheName(string request, int value, Errno errno)
    {
        using var client = new Client(TestFunction.Edu());
        var result = client.Device.Match(Encoding.ASCII.GetBytes(request));
        Assert.Equal(errno, result.Errno);
        Assert.Equal(value, errno == Errno.None ? result.Raw : 0);
    }

    [Theory]
    [InlineData("0000:01:00.0", true)]
    [InlineData("abCD:fF:1f.7", true)]
    [InlineData("0000:01:20.0", false)]
    [InlineData("0000:01:00.8", false)]
    [InlineData("01:00.0", false)]
    [InlineData("0000:01:00.", false)]
    [InlineData("0000-01:00.0", false)]
    [InlineData(" 000:01:00.0", false)]
    [InlineData("0000:+1:00.0", false)]
    [InlineData("0000:01:00.00", false)]
    public void PciAddress_TakesTheFullFormOnly(string text, bool isAddress)
    {
        Assert.Equal(isAddress, PciAddress.TryParse(text, out var address));
        if (isAddress)
        {
            Assert.Equal(text.ToLowerInvariant(), address.ToString());
        }
    }

    [Fact]
    public void State_OfAChipWithoutReset_SurvivesReopen()
    {
        var ram = new RamRegisters(1 << 20);
        using var client = new Client(TestFunction.Edu(ram));
        client.Put(0x40, 4, 77);
        client.Device.CloseDevice();
        client.Device.OpenDevice();
        Assert.Equal(77u, client.Get(0x40, 4));
        Assert.Empty(client.Function.Resets);
    }

    [Fact]
    public void OpenAndClose_ResetAChipThatCan()
    {
        using var client = new Client(TestFunction.Express());
        Assert.Single(client.Function.Resets);
        client.Device.CloseDevice();
        Assert.Equal(2, client.Function.Resets.Count);
    }

    [Fact]
    public void HostBridge_GivesEachBarItsOwnPages()
    {
        var bridge = new PciHostBridge();
        Assert.True(PciAddress.TryParse("0000:01:02.0", out var address));
        var first = bridge.Configure(TestFunction.Express(), address);
        var second = bridge.Configure(TestFunction.Express(), address);
        Assert.Equal(first.Starts[0] + 0x4000, second.Starts[0]);
        Assert.Equal(0u, first.Starts[0] & 0x3fff);
        Assert.Equal(0xc000UL, first.Starts[2]);
        Assert.Equal(0xc020UL, second.Starts[2]);
        Assert.Equal(18u, first.Line);
    }

    [Fact]
    public void Sysfs_OfEdu_IsTheKernels()
    {
        using var client = new Client(TestFunction.Edu());
        var tree = new SysfsTree();
        client.Device.Describe(tree);
        const string Device = "/sys/devices/pci0000:00/0000:00:05.0";
        Assert.Equal("0x1234\n", Show(tree, $"{Device}/vendor"));
        Assert.Equal("0x11e8\n", Show(tree, $"{Device}/device"));
        Assert.Equal("0x1af4\n", Show(tree, $"{Device}/subsystem_vendor"));
        Assert.Equal("0x1100\n", Show(tree, $"{Device}/subsystem_device"));
        Assert.Equal("0x00ff00\n", Show(tree, $"{Device}/class"));
        Assert.Equal("0x10\n", Show(tree, $"{Device}/revision"));
        Assert.Equal("pci:v00001234d000011E8sv00001AF4sd00001100bc00scFFi00\n", Show(tree, $"{Device}/modalias"));
        Assert.Equal(
            "DRIVER=vfio-pci\nPCI_CLASS=FF00\nPCI_ID=1234:11E8\nPCI_SUBSYS_ID=1AF4:1100\nPCI_SLOT_NAME=0000:00:05.0\n"
            + "MODALIAS=pci:v00001234d000011E8sv00001AF4sd00001100bc00scFFi00\n",
            Show(tree, $"{Device}/uevent"));
        var lines = Show(tree, $"{Device}/resource").TrimEnd('\n').Split('\n');
        Assert.Equal(13, lines.Length);
        Assert.Equal("0x00000000c0000000 0x00000000c00fffff 0x0000000000040200", lines[0]);
        Assert.All(lines[1..], line => Assert.Equal("0x0000000000000000 0x0000000000000000 0x0000000000000000", line));
        Assert.Equal(1 << 20, Attribute(tree, $"{Device}/resource0").Size);
        Assert.Equal(256, Attribute(tree, $"{Device}/config").Size);
        Assert.Equal("3412e81103011000", Convert.ToHexStringLower(Attribute(tree, $"{Device}/config").Show().AsSpan(0, 8)));
        Assert.Equal(64, Attribute(tree, $"{Device}/config").Show().Length);
        Assert.Equal(256, Attribute(tree, $"{Device}/config").Show(isPrivileged: true).Length);
        Assert.Equal("1\n", Show(tree, $"{Device}/enable"));
        Assert.Equal("../../../bus/pci/drivers/vfio-pci", Link(tree, $"{Device}/driver"));
        Assert.Equal("../../../bus/pci", Link(tree, $"{Device}/subsystem"));
        Assert.Equal("../../../kernel/iommu_groups/7", Link(tree, $"{Device}/iommu_group"));
        Assert.Equal("../../../devices/pci0000:00/0000:00:05.0", Link(tree, "/sys/bus/pci/devices/0000:00:05.0"));
        Assert.Equal("../../../../devices/pci0000:00/0000:00:05.0", Link(tree, "/sys/bus/pci/drivers/vfio-pci/0000:00:05.0"));
        Assert.Equal("../../../../devices/pci0000:00/0000:00:05.0", Link(tree, "/sys/kernel/iommu_groups/7/devices/0000:00:05.0"));
        client.Device.CloseDevice();
        Assert.Equal("0\n", Show(tree, $"{Device}/enable"));
    }

    [Fact]
    public void Sysfs_OfAnExpressFunction_HasItsFlagsAndReset()
    {
        Assert.True(PciAddress.TryParse("0000:01:00.0", out var address));
        var device = new VfioPciDevice(TestFunction.NewGroup(), TestFunction.Express(), address, new PciHostBridge())
        {
            CharacterDevice = (3, new DeviceNumber(250, 3)),
        };
        var tree = new SysfsTree();
        device.Describe(tree);
        var lines = Show(tree, $"{device.SysfsPath}/resource").Split('\n');
        Assert.EndsWith("0x0000000000140204", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("0x0000000000040101", lines[2], StringComparison.Ordinal);
        Assert.Equal("flr bus\n", Show(tree, $"{device.SysfsPath}/reset_method"));
        Assert.Equal("250:3\n", Show(tree, $"{device.SysfsPath}/vfio-dev/vfio3/dev"));
        Assert.Equal("/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0", device.SysfsPath);
    }

    private static SysfsNode Find(SysfsTree tree, string path)
    {
        SysfsNode node = tree.Root;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            node = ((SysfsDirectory)node).Children[name];
        }

        return node;
    }

    private static SysfsAttribute Attribute(SysfsTree tree, string path) => (SysfsAttribute)Find(tree, path);

    private static string Show(SysfsTree tree, string path) => Encoding.ASCII.GetString(Attribute(tree, path).Show());

    private static string Link(SysfsTree tree, string path) => ((SysfsLink)Find(tree, path)).Target;
}
