using Viaduct.Abi;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Tests.Infrastructure;

namespace Viaduct.Vfio.Tests.Devices;

public sealed class DeviceFileTests
{
    private readonly Machine _machine = new();

    [Fact]
    public void Open_FirstAndLast_EnableAndDisable()
    {
        var (_, group) = _machine.Attach();
        var first = _machine.OpenDevice(group);
        var second = _machine.OpenDevice(group);
        Assert.Equal((1, 0), (_machine.Device.Opened, _machine.Device.Closed));
        first.Release();
        Assert.Equal(0, _machine.Device.Closed);
        second.Release();
        Assert.Equal(1, _machine.Device.Closed);
        _machine.OpenDevice(group);
        Assert.Equal(2, _machine.Device.Opened);
    }

    [Fact]
    public void Open_DeviceRefuses_ReturnsItsErrorAndHoldsNothing()
    {
        var (_, group) = _machine.Attach();
        _machine.Device.OpenError = Errno.ENODEV;
        Assert.Equal(Errno.ENODEV, _machine.GetDevice(group).Errno);
        Assert.Equal(0, _machine.Device.OpenCount);
        Assert.Equal(SysResult.Success, _machine.UnsetContainer(group));
        group.Release();
        _machine.OpenGroup();
    }

    [Fact]
    public void Release_GroupClosedBefore_FreesTheGroupAndItsContainer()
    {
        var (container, group) = _machine.Attach();
        var device = _machine.OpenDevice(group);
        var sibling = _machine.OpenDevice(group, "b");
        group.Release();
        device.Release();
        Assert.Equal(Errno.EBUSY, _machine.Group.Open(out _).Errno);
        Assert.True(container.Container.HasBackend);
        sibling.Release();
        Assert.False(container.Container.HasBackend);
        Assert.Equal(1, _machine.Driver.Backends[0].Released);
        _machine.OpenGroup();
    }

    [Theory]
    [InlineData("CGD")]
    [InlineData("CDG")]
    [InlineData("GCD")]
    [InlineData("GDC")]
    [InlineData("DCG")]
    [InlineData("DGC")]
    public void Release_AnyOrder_LeavesNothing(string order)
    {
        var (container, group) = _machine.Attach();
        var device = _machine.OpenDevice(group);
        foreach (var letter in order)
        {
            VfioFile file = letter switch { 'C' => container, 'G' => group, _ => device };
            file.Release();
        }

        Assert.Equal((1, 1), (_machine.Device.Opened, _machine.Device.Closed));
        Assert.Equal(1, _machine.Driver.Backends[0].Released);
        Assert.Empty(_machine.Driver.Backends[0].Groups);
        var again = _machine.Attach();
        Assert.False(_machine.GetDevice(again.Group).IsError);
    }

    [Fact]
    public void Calls_GoToTheDevice()
    {
        var (_, group) = _machine.Attach();
        var file = _machine.OpenDevice(group);
        Assert.Same(_machine.Device, file.Device);
        Assert.Equal(12, file.Ioctl(_machine.Caller, 5, 7).Raw);
        Assert.Equal(3, file.Read(_machine.Caller, 0, 3, 9).Raw);
        Assert.Equal(9, file.Write(_machine.Caller, 0, 3, 9).Raw);
        Assert.Equal(SysResult.Success, file.Mmap(new MmapRequest(0, 4096, true)));
        Assert.Equal(Errno.EINVAL, file.Mmap(new MmapRequest(0, 4096, false)).Errno);
        Assert.True(file.TryLoad(8, 4, out var value));
        Assert.Equal(12UL, value);
        Assert.True(file.TryStore(8, 4, 8));
        Assert.False(file.TryStore(8, 4, 9));
        Assert.Null(file.DmaTarget);
    }

    [Fact]
    public void File_LooksLikeTheKernels()
    {
        var (_, group) = _machine.Attach();
        var file = _machine.OpenDevice(group);
        Assert.Equal("anon_inode:[vfio-device]", file.LinkName);
        Assert.Null(file.DeviceNumber);
        Assert.Equal("vfio-device-syspath: /sys/devices/fake/a\n", file.FdInfo);
        Assert.Equal("/dev/vfio/4", group.LinkName);
        Assert.Equal(4u, group.DeviceNumber!.Value.Minor);
    }
}
