using Viaduct.Abi;
using Viaduct.Pci.Tests.Infrastructure;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Pci.Tests;

/// <summary>What sysfs shows of functions and bridges.</summary>
public sealed class PciDeviceSysfsTests
{
    private const string Edu = "/sys/devices/pci0000:00/0000:00:05.0";

    private readonly TestMachine _machine = new();

    [Fact]
    public void Edu_IsAsTheKernelShowsIt()
    {
        var device = _machine.Add(TestFunction.Edu(), "0000:00:05.0");
        Assert.Equal("0x1234\n", _machine.Get($"{Edu}/vendor"));
        Assert.Equal("0x11e8\n", _machine.Get($"{Edu}/device"));
        Assert.Equal("0x1af4\n", _machine.Get($"{Edu}/subsystem_vendor"));
        Assert.Equal("0x1100\n", _machine.Get($"{Edu}/subsystem_device"));
        Assert.Equal("0x00ff00\n", _machine.Get($"{Edu}/class"));
        Assert.Equal("0x10\n", _machine.Get($"{Edu}/revision"));
        Assert.Equal("pci:v00001234d000011E8sv00001AF4sd00001100bc00scFFi00\n", _machine.Get($"{Edu}/modalias"));
        Assert.Equal(
            "DRIVER=vfio-pci\nPCI_CLASS=FF00\nPCI_ID=1234:11E8\nPCI_SUBSYS_ID=1AF4:1100\nPCI_SLOT_NAME=0000:00:05.0\n"
            + "MODALIAS=pci:v00001234d000011E8sv00001AF4sd00001100bc00scFFi00\n",
            _machine.Get($"{Edu}/uevent"));
        Assert.Equal(1 << 20, Attribute($"{Edu}/resource0").Size);
        Assert.Equal(256, Attribute($"{Edu}/config").Size);
        Assert.Equal("3412e81103011000", Convert.ToHexStringLower(Attribute($"{Edu}/config").Show().AsSpan(0, 8)));
        Assert.Equal(64, Attribute($"{Edu}/config").Show().Length);
        Assert.Equal(256, Attribute($"{Edu}/config").Show(isPrivileged: true).Length);
        Assert.Null(_machine.Find($"{Edu}/reset"));
        Assert.Equal(SysResult.Success, device.Vfio!.OpenDevice());
        Assert.Equal("1\n", _machine.Get($"{Edu}/enable"));
        device.Vfio.CloseDevice();
        Assert.Equal("0\n", _machine.Get($"{Edu}/enable"));
    }

    [Fact]
    public void Links_LeadToBusDriverAndGroup()
    {
        _machine.Add(TestFunction.Edu(), "0000:00:05.0");
        Assert.Equal("../../../bus/pci/drivers/vfio-pci", _machine.Link($"{Edu}/driver"));
        Assert.Equal("../../../bus/pci", _machine.Link($"{Edu}/subsystem"));
        Assert.Equal("../../../kernel/iommu_groups/7", _machine.Link($"{Edu}/iommu_group"));
        Assert.Equal("../../../devices/pci0000:00/0000:00:05.0", _machine.Link("/sys/bus/pci/devices/0000:00:05.0"));
        Assert.Equal("../../../../devices/pci0000:00/0000:00:05.0", _machine.Link("/sys/bus/pci/drivers/vfio-pci/0000:00:05.0"));
        Assert.Equal("../../../../devices/pci0000:00/0000:00:05.0", _machine.Link("/sys/kernel/iommu_groups/7/devices/0000:00:05.0"));
    }

    [Fact]
    public void Resource_HasALineForEachBar()
    {
        _machine.Add(TestFunction.Edu(), "0000:00:05.0");
        var lines = _machine.Get($"{Edu}/resource").TrimEnd('\n').Split('\n');
        Assert.Equal(13, lines.Length);
        Assert.Equal("0x00000000c0000000 0x00000000c00fffff 0x0000000000040200", lines[0]);
        Assert.All(lines[1..], line => Assert.Equal("0x0000000000000000 0x0000000000000000 0x0000000000000000", line));
    }

    [Fact]
    public void AnExpressFunction_HasItsFlagsResetAndNode()
    {
        var device = _machine.Add(TestFunction.Express(), "0000:01:00.0");
        Assert.Equal("/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0", device.SysfsPath);
        var lines = _machine.Get($"{device.SysfsPath}/resource").Split('\n');
        Assert.EndsWith("0x0000000000140204", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("0x0000000000040101", lines[2], StringComparison.Ordinal);
        Assert.Equal("flr bus\n", _machine.Get($"{device.SysfsPath}/reset_method"));
        Assert.Equal("511:0\n", _machine.Get($"{device.SysfsPath}/vfio-dev/vfio0/dev"));
    }

    [Theory]
    [InlineData("bus\n", Errno.None, "bus\n")]
    [InlineData("", Errno.None, "")]
    [InlineData("bus flr", Errno.None, "bus flr\n")]
    [InlineData("default", Errno.None, "flr bus\n")]
    [InlineData("pm", Errno.EINVAL, "flr bus\n")]
    [InlineData("nonsense", Errno.EINVAL, "flr bus\n")]
    public void ResetMethods_CanBeChosenAmongThoseThatThereAre(string text, Errno expected, string shown)
    {
        var path = _machine.Add(TestFunction.Express(), "0000:01:00.0").SysfsPath;
        Assert.Equal(expected, _machine.Put($"{path}/reset_method", text).Errno);
        Assert.Equal(shown, _machine.Get($"{path}/reset_method"));
        Assert.Equal(shown.Length == 0 ? Errno.ENOTTY : Errno.None, _machine.Put($"{path}/reset", "1").Errno);
        Assert.Equal(Errno.EINVAL, _machine.Put($"{path}/reset", "0").Errno);
    }

    [Fact]
    public void APort_IsABridgeWithItsGroup_AlsoWithoutItsDevice()
    {
        var device = _machine.Add(TestFunction.Edu(), "0000:01:00.0");
        device.Bus.Bridge!.Group = TestFunction.NewGroup(12);
        const string Port = "/sys/devices/pci0000:00/0000:00:01.0";
        Assert.Equal("0x060400\n", _machine.Get($"{Port}/class"));
        Assert.Equal("1\n", _machine.Get($"{Port}/secondary_bus_number"));
        var config = Attribute($"{Port}/config").Show(isPrivileged: true);
        Assert.Equal(4096, config.Length);
        Assert.Equal(1, config[0x0e]);
        Assert.Equal(1, config[0x19]);
        Assert.Equal("../../../kernel/iommu_groups/12", _machine.Link($"{Port}/iommu_group"));
        Assert.Equal("../../../../devices/pci0000:00/0000:00:01.0", _machine.Link("/sys/kernel/iommu_groups/12/devices/0000:00:01.0"));
        Assert.Equal("../../../../bus/pci", _machine.Link($"{device.SysfsPath}/subsystem"));
        Assert.Equal(SysResult.Success, _machine.Put($"{device.SysfsPath}/remove", "1"));
        Assert.Equal(SysResult.Success, _machine.Put($"{Port}/rescan", "1"));
        Assert.NotNull(_machine.Find(device.SysfsPath));
    }

    private SysfsAttribute Attribute(string path) => Assert.IsType<SysfsAttribute>(_machine.Find(path));
}
