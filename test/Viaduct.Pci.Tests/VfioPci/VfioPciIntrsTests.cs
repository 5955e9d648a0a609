using Viaduct.Abi;
using Viaduct.Pci.Tests.Infrastructure;
using Viaduct.Pci.VfioPci;
using static Viaduct.Abi.VfioIrqSetFlags;

namespace Viaduct.Pci.Tests.VfioPci;

public sealed class VfioPciIntrsTests
{
    private const VfioIrqSetFlags EventFd = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
    private const VfioIrqSetFlags Trigger = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER;
    private const VfioIrqSetFlags Mask = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK;
    private const VfioIrqSetFlags Unmask = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK;
    private const VfioIrqSetFlags UnmaskFd = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK;
    private const uint Intx = 0;
    private const uint Msi = 1;
    private const uint Msix = 2;
    private const uint Err = 3;
    private const uint Req = 4;

    [Fact]
    public void UnmaskEventFd_WhoseLastDescriptorIsClosed_IsNoLongerInTheWay()
    {
        using var client = new Client(TestFunction.Edu());
        Ok(client.SetIrqs(EventFd, Intx, 0, 1, client.Caller.NewEventFd().Number));
        Ok(client.SetIrqs(UnmaskFd, Intx, 0, 1, client.Caller.NewEventFd().Number));
        var next = client.Caller.NewEventFd();
        Assert.Equal(Errno.EBUSY, client.SetIrqs(UnmaskFd, Intx, 0, 1, next.Number).Errno);
        client.Caller.HasClosedEventFds = true;
        Ok(client.SetIrqs(UnmaskFd, Intx, 0, 1, next.Number));
        client.Device.CloseDevice();
    }

    [Fact]
    public void Intx_FiresOnce_AndAgainWhenUnmaskedStillUp()
    {
        using var client = new Client(TestFunction.Edu());
        var e = client.Caller.NewEventFd();
        Ok(client.SetIrqs(EventFd, Intx, 0, 1, e.Number));
        client.Function.Line(true);
        Assert.Equal(1u, e.Take());
        client.Function.Line(false);
        client.Function.Line(true);
        Assert.Equal(0u, e.Take());
        Ok(client.SetIrqs(Unmask, Intx, 0, 1));
        Assert.Equal(1u, e.Take());
        client.Function.Line(false);
        client.Function.Line(true);
        Assert.Equal(0u, e.Take());
        client.Function.Line(false);
        Ok(client.SetIrqs(Unmask, Intx, 0, 1));
        Assert.Equal(0u, e.Take());
        client.Function.Line(true);
        Assert.Equal(1u, e.Take());
        Assert.Equal(0x0103u, client.GetConfig(4, 2));
        Assert.Equal(0x0018u, client.GetConfig(6, 2));
    }

    [Fact]
    public void Intx_AlreadyUpWhenEnabled_FiresAtOnce()
    {
        using var client = new Client(TestFunction.Edu());
        var e = client.Caller.NewEventFd();
        client.Function.Line(true);
        Ok(client.SetIrqs(EventFd, Intx, 0, 1, e.Number));
        Assert.Equal(1u, e.Take());
    }

    [Fact]
    public void Intx_Masked_WaitsForUnmask_ButLoopsBack()
    {
        using var client = new Client(TestFunction.Edu());
        var e = client.Caller.NewEventFd();
        Ok(client.SetIrqs(EventFd, Intx, 0, 1, e.Number));
        Ok(client.SetIrqs(Mask, Intx, 0, 1));
        client.Function.Line(true);
        Assert.Equal(0u, e.Take());
        Ok(client.SetIrqs(Trigger, Intx, 0, 1));
        Assert.Equal(1u, e.Take());
        Ok(client.SetIrqs(Unmask, Intx, 0, 1));
        Assert.Equal(1u, e.Take());
    }

    [Fact]
    public void IntxDisable_InVirtualCommand_MasksAndUnmasks()
    {
        using var client = new Client(TestFunction.Edu());
        var e = client.Caller.NewEventFd();
        client.PutConfig(4, 2, 0x503);
        Ok(client.SetIrqs(EventFd, Intx, 0, 1, e.Number));
        client.Function.Line(true);
        Ok(client.SetIrqs(Unmask, Intx, 0, 1));
        Ok(client.SetIrqs(Trigger, Intx, 0, 1));
        Assert.Equal(0u, e.Take());
        client.PutConfig(5, 1, 1);
        Assert.Equal(1u, e.Take());
        Assert.Equal(0u, client.Function.ReadConfig(4, 2) & 0x400);
    }

    [Fact]
    public void Intx_UnmaskByEventFd_ConsumesTheCount()
    {
        using var client = new Client(TestFunction.Edu());
        var e = client.Caller.NewEventFd();
        var unmask = client.Caller.NewEventFd();
        Ok(client.SetIrqs(EventFd, Intx, 0, 1, e.Number));
        Ok(client.SetIrqs(UnmaskFd, Intx, 0, 1, unmask.Number));
        Assert.Equal(Errno.EBUSY, client.SetIrqs(UnmaskFd, Intx, 0, 1, unmask.Number).Errno);
        client.Function.Line(true);
        Assert.Equal(1u, e.Take());
        unmask.Add(3);
        Assert.Equal(1u, e.Wait());
        Assert.Equal(0u, unmask.Take());
        Ok(client.SetIrqs(UnmaskFd, Intx, 0, 1, -1));
        Ok(client.SetIrqs(UnmaskFd, Intx, 0, 1, -2));

        // One thread serves all watches, in their order: when it has served the new one it has passed by the old one.
        var other = client.Caller.NewEventFd();
        Ok(client.SetIrqs(UnmaskFd, Intx, 0, 1, other.Number));
        unmask.Add(1);
        other.Add(1);
        other.WaitTaken();
        Assert.Equal(1u, unmask.Take());
    }

    [Fact]
    public void Intx_UnmaskEventFd_WithACountAlready_FiresAtOnceAndLeavesIt()
    {
        using var client = new Client(TestFunction.Edu());
        var e = client.Caller.NewEventFd();
        var unmask = client.Caller.NewEventFd();
        unmask.Add(1);
        client.Function.Line(true);
        Ok(client.SetIrqs(EventFd, Intx, 0, 1, e.Number));
        Assert.Equal(1u, e.Take());
        Ok(client.SetIrqs(UnmaskFd, Intx, 0, 1, unmask.Number));
        Assert.Equal(1u, e.Take());
        Assert.Equal(1u, unmask.Take());
    }

    [Theory]
    [InlineData(VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_MASK, FakeCaller.OtherFile, Errno.ENOTTY)]
    [InlineData(UnmaskFd, FakeCaller.OtherFile, Errno.EINVAL)]
    [InlineData(UnmaskFd, FakeCaller.Closed, Errno.EBADF)]
    [InlineData(EventFd, FakeCaller.OtherFile, Errno.EINVAL)]
    [InlineData(EventFd, FakeCaller.Closed, Errno.EBADF)]
    [InlineData(EventFd, -2, Errno.None)]
    public void Intx_WrongDescriptors(VfioIrqSetFlags flags, int fd, Errno errno)
    {
        using var client = new Client(TestFunction.Edu());
        Ok(client.SetIrqs(EventFd, Intx, 0, 1, client.Caller.NewEventFd().Number));
        Assert.Equal(errno, client.SetIrqs(flags, Intx, 0, 1, fd).Errno);
    }

    [Fact]
    public void BadDescriptor_KeepsTheOldOfIntx_ButDropsThatOfMsi()
    {
        using var client = new Client(TestFunction.Edu());
        var e = client.Caller.NewEventFd();
        Ok(client.SetIrqs(EventFd, Intx, 0, 1, e.Number));
        Assert.Equal(Errno.EBADF, client.SetIrqs(EventFd, Intx, 0, 1, FakeCaller.Closed).Errno);
        Ok(client.SetIrqs(Trigger, Intx, 0, 1));
        Assert.Equal(1u, e.Take());
        Ok(client.SetIrqs(Trigger, Intx, 0, 0));
        Ok(client.SetIrqs(EventFd, Msi, 0, 1, e.Number));
        Assert.Equal(Errno.EBADF, client.SetIrqs(EventFd, Msi, 0, 1, FakeCaller.Closed).Errno);
        Ok(client.SetIrqs(Trigger, Msi, 0, 1));
        Assert.Equal(0u, e.Take());
    }

    [Fact]
    public void OnlyOneKindAtATime()
    {
        using var client = new Client(TestFunction.Express());
        var e = client.Caller.NewEventFd();
        foreach (var (on, others) in new[] { (Intx, new[] { Msi, Msix }), (Msi, [Intx, Msix]), (Msix, [Intx, Msi]) })
        {
            Ok(client.SetIrqs(EventFd, on, 0, 1, e.Number));
            foreach (var other in others)
            {
                Assert.Equal(Errno.EINVAL, client.SetIrqs(EventFd, other, 0, 1, e.Number).Errno);
                Assert.Equal(Errno.EINVAL, client.SetIrqs(Trigger, other, 0, 0).Errno);
            }

            Ok(client.SetIrqs(Trigger, on, 0, 0));
        }
    }

    [Fact]
    public void Msi_DeliversEachVector_AndTheChipIsEnabledOnlyMeanwhile()
    {
        using var client = new Client(TestFunction.Express());
        var function = client.Function;
        var a = client.Caller.NewEventFd();
        var b = client.Caller.NewEventFd();
        client.PutConfig(4, 2, 0x107);
        Ok(client.SetIrqs(EventFd, Msi, 0, 2, a.Number, b.Number));
        Assert.True(function.Message(1));
        Assert.True(function.Message(0));
        Assert.True(function.Message(3));
        Assert.Equal((1u, 2u), ((uint)a.Take(), (uint)b.Take()));
        Assert.Equal(Errno.EINVAL, client.SetIrqs(EventFd, Msi, 2, 1, a.Number).Errno);
        Ok(client.SetIrqs(EventFd, Msi, 2, 1, -1));
        Ok(client.SetIrqs(EventFd, Msi, 0, 1, -1));
        Assert.True(function.Message(0));
        Assert.Equal(0u, a.Take());
        Ok(client.SetIrqs(EventFd, Msi, 0, 1, a.Number));
        Assert.Equal(1u, a.Take());
        Ok(client.SetIrqs(Trigger, Msi, 0, 0));
        Assert.False(function.Message(0));
    }

    [Theory]
    [InlineData(Msi, 0, 1, 0)]
    [InlineData(Msi, 0, 2, 1)]
    [InlineData(Msi, 1, 1, 1)]
    [InlineData(Msix, 0, 2, 0)]
    public void Msi_WithoutInterruptRemapping_IsOneVector(uint index, uint start, uint count, int expected)
    {
        Assert.True(PciAddress.TryParse("0000:00:05.0", out var address));
        var group = TestFunction.NewGroup(remapsInterrupts: false);
        using var client = new Client(new VfioPciDevice(new PciDevice(TestFunction.Express(), address, group, new PciHostBridge())));
        var fds = Enumerable.Range(0, (int)count).Select(_ => client.Caller.NewEventFd().Number).ToArray();
        Assert.Equal(SysResult.FromValue(expected), client.SetIrqs(EventFd, index, start, count, fds));

        // Where it was refused nothing is enabled, and so nothing can be disabled.
        Assert.Equal(expected != 0, client.SetIrqs(Trigger, index, 0, 0).IsError);
    }

    [Fact]
    public void Msi_WithoutBusMaster_StaysSilent()
    {
        using var client = new Client(TestFunction.Edu());
        var e = client.Caller.NewEventFd();
        Ok(client.SetIrqs(EventFd, Msi, 0, 1, e.Number));
        Assert.True(client.Function.Message(0));
        Assert.Equal(0u, e.Take());
        client.PutConfig(4, 2, 7);
        Assert.True(client.Function.Message(0));
        Assert.Equal(1u, e.Take());
    }

    [Fact]
    public void Msix_VectorsCanBeAddedLater_AndMaskedOnesArePending()
    {
        using var client = new Client(TestFunction.Express());
        var function = client.Function;
        var a = client.Caller.NewEventFd();
        client.PutConfig(4, 2, 6);
        Ok(client.SetIrqs(EventFd, Msix, 0, 1, -1));
        Assert.True(function.Message(4));
        Ok(client.SetIrqs(EventFd, Msix, 4, 1, a.Number));
        Assert.Equal(1u, a.Take());
        Assert.Equal(Errno.EINVAL, client.SetIrqs(EventFd, Msix, 4, 2, a.Number, a.Number).Errno);
        Assert.Equal(Errno.EBADF, client.SetIrqs(EventFd, Msix, 3, 2, a.Number, FakeCaller.Closed).Errno);
        Ok(client.SetIrqs(Trigger, Msix, 3, 2));
        Assert.Equal(0u, a.Take());
        Ok(client.SetIrqs(Trigger, Msix, 0, 0));
        Assert.False(function.Message(4));
    }

    [Fact]
    public void Msix_SurvivesReset()
    {
        using var client = new Client(TestFunction.Express());
        var a = client.Caller.NewEventFd();
        client.PutConfig(4, 2, 6);
        Ok(client.SetIrqs(EventFd, Msix, 1, 1, a.Number));
        Ok(client.Ioctl(VfioIoctl.VFIO_DEVICE_RESET));
        Assert.True(client.Function.Message(1));
        Assert.Equal(1u, a.Take());
    }

    [Fact]
    public void InterruptsAndLoads_WhileTheClientReconfigures_NeverBlockEachOther()
    {
        using var client = new Client(TestFunction.Express());
        var e = client.Caller.NewEventFd();
        client.PutConfig(4, 2, 6);
        var device = new Thread(() =>
        {
            for (var i = 0; i < 5000; i++)
            {
                client.Function.Message(i % 5);
                client.Function.Line((i & 1) != 0);
                client.Device.TryLoad((ulong)(i & 0xfff), 4, out _);
            }
        });
        device.Start();
        for (var i = 0; device.IsAlive || i < 20; i++)
        {
            Ok(client.SetIrqs(EventFd, Msix, 0, 3, e.Number, -1, e.Number));
            Ok(client.Ioctl(VfioIoctl.VFIO_DEVICE_RESET));
            Ok(client.SetIrqs(Trigger, Msix, 0, 0));
            Ok(client.SetIrqs(EventFd, Intx, 0, 1, e.Number));
            Ok(client.SetIrqs(Unmask, Intx, 0, 1));
            client.PutConfig(4, 2, (uint)((i & 1) == 0 ? 4 : 6));
            Ok(client.SetIrqs(Trigger, Intx, 0, 0));
        }

        device.Join();
        client.PutConfig(4, 2, 6);
        Ok(client.SetIrqs(EventFd, Msix, 0, 1, e.Number));
        e.Take();
        Assert.True(client.Function.Message(0));
        Assert.Equal(1u, e.Take());
    }

    [Theory]
    [InlineData(Err)]
    [InlineData(Req)]
    public void ErrAndReq_AreSingleEventFds(uint index)
    {
        using var client = new Client(TestFunction.Edu());
        var e = client.Caller.NewEventFd();
        Assert.Equal(Errno.EINVAL, client.SetIrqs(Trigger, index, 0, 1).Errno);
        Ok(client.SetIrqs(EventFd, index, 0, 1, e.Number));
        Ok(client.SetIrqs(Trigger, index, 0, 1));
        Ok(client.SetIrqs(VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER, index, 0, 1, 1));
        Ok(client.SetIrqs(VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER, index, 0, 1, 0));
        Assert.Equal(2u, e.Take());
        Assert.Equal(Errno.EINVAL, client.SetIrqs(EventFd, index, 0, 1, -2).Errno);
        Assert.Equal(Errno.EINVAL, client.SetIrqs(EventFd, index, 0, 0).Errno);
        Assert.Equal(Errno.ENOTTY, client.SetIrqs(Mask, index, 0, 1).Errno);
        client.Device.Request(0);
        Assert.Equal(index == Req ? 1u : 0, e.Take());
        Ok(client.SetIrqs(Trigger, index, 0, 0));
        Assert.Equal(Errno.EINVAL, client.SetIrqs(Trigger, index, 0, 0).Errno);
    }

    [Fact]
    public void Close_TakesEverythingAway()
    {
        using var client = new Client(TestFunction.Edu());
        var e = client.Caller.NewEventFd();
        Ok(client.SetIrqs(EventFd, Intx, 0, 1, e.Number));
        Ok(client.SetIrqs(EventFd, Req, 0, 1, e.Number));
        client.PutConfig(4, 2, 0x503);
        client.Device.CloseDevice();
        client.Function.Line(true);
        client.Device.Request(0);
        Ok(client.Device.OpenDevice());
        Assert.Equal(0u, e.Take());
        Assert.Equal(Errno.EINVAL, client.SetIrqs(Trigger, Intx, 0, 1).Errno);
        Ok(client.SetIrqs(EventFd, Intx, 0, 1, e.Number));
        Assert.Equal(1u, e.Take());
    }

    private static void Ok(SysResult result) => Assert.Equal(SysResult.Success, result);
}
