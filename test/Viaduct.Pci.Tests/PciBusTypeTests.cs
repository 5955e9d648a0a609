using Viaduct.Abi;
using Viaduct.Pci.Tests.Infrastructure;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Pci.Tests;

/// <summary>Drivers come and go through sysfs.</summary>
public sealed class PciBusTypeTests
{
    private const string Name = "0000:00:05.0";
    private const string Device = "/sys/bus/pci/devices/" + Name;
    private const string Path = "/sys/devices/pci0000:00/" + Name;
    private const string Vfio = "/sys/bus/pci/drivers/vfio-pci/";
    private const string Serial = "/sys/bus/pci/drivers/serial/";

    private readonly TestMachine _machine = new();
    private readonly PciDevice _device;

    public PciBusTypeTests() => _device = _machine.Add(TestFunction.Edu(), Name);

    [Fact]
    public void Unbind_TakesDriverNodesAndGroupAway_AndBindBringsThemBack()
    {
        Assert.NotNull(_machine.Find($"{Path}/vfio-dev/vfio0"));
        Assert.Equal(SysResult.Success, _machine.Put(Vfio + "unbind", Name + "\n"));
        Assert.Null(_device.Driver);
        Assert.Null(_machine.Find($"{Path}/driver"));
        Assert.Null(_machine.Find($"{Path}/vfio-dev"));
        Assert.Null(_machine.System.FindGroup(7));
        Assert.Equal(Errno.ENODEV, _machine.Put(Vfio + "unbind", Name).Errno);
        Assert.Equal(SysResult.Success, _machine.Put(Vfio + "bind", Name));
        Assert.Equal("../../../bus/pci/drivers/vfio-pci", _machine.Link($"{Path}/driver"));
        Assert.NotNull(_machine.System.FindGroup(7));
        Assert.Equal(Errno.EBUSY, _machine.Put(Vfio + "bind", Name).Errno);
    }

    [Fact]
    public void Override_DecidesWhoMayHaveTheDevice()
    {
        Assert.Equal(SysResult.Success, _machine.Put(Vfio + "unbind", Name));
        Assert.Equal(SysResult.Success, _machine.Put($"{Path}/driver_override", "\n"));
        Assert.Equal(Errno.ENODEV, _machine.Put(Vfio + "bind", Name).Errno);
        Assert.Equal(SysResult.Success, _machine.Put("/sys/bus/pci/drivers_probe", Name));
        Assert.Null(_device.Driver);
        Assert.Equal(SysResult.Success, _machine.Put($"{Path}/driver_override", "serial"));
        Assert.Equal(SysResult.Success, _machine.Put("/sys/bus/pci/drivers_probe", Name));
        Assert.Equal("serial", _device.Driver!.Name);
        Assert.True(_device.Group.HasHostDriver);
        Assert.Equal("1\n", _machine.Get($"{Path}/enable"));
        Assert.Equal(SysResult.Success, _machine.Put(Serial + "unbind", Name));
        Assert.False(_device.Group.HasHostDriver);
    }

    [Fact]
    public void NewId_BindsWhatMatches_UntilItIsRemoved()
    {
        Assert.Equal(SysResult.Success, _machine.Put(Vfio + "unbind", Name));
        Assert.Equal(SysResult.Success, _machine.Put($"{Path}/driver_override", "\n"));
        Assert.Equal(SysResult.Success, _machine.Put(Vfio + "new_id", "1234 11e8"));
        Assert.Same(_machine.Vfio, _device.Driver);
        Assert.Equal(Errno.EEXIST, _machine.Put(Vfio + "new_id", "1234 11e8").Errno);
        Assert.Equal(SysResult.Success, _machine.Put(Vfio + "remove_id", "1234 11e8"));
        Assert.Equal(Errno.ENODEV, _machine.Put(Vfio + "remove_id", "1234 11e8").Errno);
        Assert.Same(_machine.Vfio, _device.Driver);
    }

    [Fact]
    public async Task Unbind_OfAnOpenDevice_AsksForItAgainAndAgainAndWaits()
    {
        var vfio = _device.Vfio!;
        Assert.Equal(SysResult.Success, _machine.System.OpenDevice(vfio, out var file));
        using var client = new Client(vfio);
        var request = client.Caller.NewEventFd();
        Assert.Equal(
            SysResult.Success,
            client.SetIrqs(
                VfioIrqSetFlags.VFIO_IRQ_SET_DATA_EVENTFD | VfioIrqSetFlags.VFIO_IRQ_SET_ACTION_TRIGGER,
                VfioConstants.VFIO_PCI_REQ_IRQ_INDEX, 0, 1, request.Number));
        var unbind = _machine.PutAsync(Vfio + "unbind", Name);
        Assert.False(unbind.IsCompleted);
        Assert.Equal(1UL, request.Wait());
        Assert.Null(_machine.Find($"{Path}/driver"));
        Assert.Equal(Errno.ENODEV, _machine.System.OpenDevice(vfio, out _).Errno);
        Assert.Equal([TimeSpan.FromSeconds(10)], _machine.Time.RunTimers());
        Assert.Equal(1UL, request.Wait());
        Assert.False(unbind.IsCompleted);
        vfio.CloseDevice();
        file!.Release();
        Assert.Equal(SysResult.Success, await unbind);
        Assert.Null(_device.Vfio);
    }

    [Fact]
    public void ADriverOfTheHost_DoesNotGetAGroupThatAClientOwns()
    {
        var sibling = _machine.Add(TestFunction.Edu(), "0000:00:06.0", isVfio: false);
        sibling.Group.IsInContainer = true;
        Assert.Equal(SysResult.Success, _machine.Put("/sys/devices/pci0000:00/0000:00:06.0/driver_override", "serial"));
        Assert.Equal(Errno.EBUSY, _machine.Put(Serial + "bind", "0000:00:06.0").Errno);
        Assert.Equal(Errno.EINVAL, _machine.Put("/sys/bus/pci/drivers_probe", "0000:00:06.0").Errno);
        Assert.Null(sibling.Driver);
    }

    [Fact]
    public void Remove_AndRescan_FindTheSameChipWithoutItsOverride()
    {
        Assert.Equal(Errno.EINVAL, _machine.Put($"{Path}/remove", "x").Errno);
        Assert.Equal(SysResult.Success, _machine.Put($"{Path}/remove", "0"));
        Assert.Equal(SysResult.Success, _machine.Put($"{Path}/remove", "1"));
        Assert.Null(_machine.Find(Path));
        Assert.Null(_machine.Find(Device));
        Assert.Equal(SysResult.Success, _machine.Put("/sys/bus/pci/rescan", "1"));
        var again = Assert.Single(_machine.Bus.Devices);
        Assert.NotSame(_device, again);
        Assert.Same(_device.Function, again.Function);
        Assert.Equal(_device.Resources, again.Resources);
        Assert.Equal("(null)\n", _machine.Get($"{Path}/driver_override"));
        Assert.Null(again.Driver);
    }

    [Theory]
    [InlineData("1", Errno.None)]
    [InlineData("0", Errno.EIO)]
    [InlineData("x", Errno.EINVAL)]
    public void Enable_IsForDevicesWithoutADriver(string text, Errno expected)
    {
        Assert.Equal(text == "x" ? Errno.EINVAL : Errno.EBUSY, _machine.Put($"{Path}/enable", text).Errno);
        Assert.Equal(SysResult.Success, _machine.Put(Vfio + "unbind", Name));
        Assert.Equal(expected, _machine.Put($"{Path}/enable", text).Errno);
    }

    [Fact]
    public async Task Config_IsWrittenRegisterByRegister()
    {
        var config = Assert.IsType<SysfsAttribute>(_machine.Find($"{Path}/config"));
        Assert.True(config.IsBinary);
        Assert.Equal(SysResult.Success, await config.Store!(new SysfsWrite(new byte[] { 0x5a, 0x06, 0x00, 0xff }, 3)));
        Assert.Equal(0x0006u, _device.Function.ReadConfig(4, 2));
    }

    [Fact]
    public void Parameters_AreShownAndTaken()
    {
        const string Sriov = "/sys/module/vfio_pci/parameters/enable_sriov";
        Assert.Equal("N\n", _machine.Get(Sriov));
        Assert.Equal(SysResult.Success, _machine.Put(Sriov, "yes"));
        Assert.Equal("Y\n", _machine.Get(Sriov));
        Assert.Equal(Errno.EINVAL, _machine.Put(Sriov, "maybe").Errno);
        Assert.Null(Assert.IsType<SysfsAttribute>(_machine.Find("/sys/module/vfio_pci/parameters/disable_denylist")).Store);
    }
}
