using System.Runtime.InteropServices;
using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.VfioUser.Protocol;
using Viaduct.VfioUser.Tests.Infrastructure;

namespace Viaduct.VfioUser.Tests.Server;

public sealed class InterruptTests
{
    private const uint Intx = 0, Msi = 1, Msix = 2, Err = 3;
    private const ulong Raise = 0x60, Acknowledge = 0x64;
    private const VfioIrqSetFlags Trigger = VfioIrqSetFlags.VFIO_IRQ_SET_ACTION_TRIGGER;
    private const VfioIrqSetFlags EventFds = VfioIrqSetFlags.VFIO_IRQ_SET_DATA_EVENTFD | Trigger;

    [Fact]
    public void GetIrqInfo_SaysWhatTheCoreSays()
    {
        using var served = new Served();
        using var client = served.Connect();
        var reply = client.Ask(VfioUserCommand.VFIO_USER_DEVICE_GET_IRQ_INFO, WireClient.Bytes(new VfioIrqInfo { ArgSz = 16, Index = Intx }));
        Assert.Equal((16u, 7u, 1u), (reply.As<VfioIrqInfo>().ArgSz, (uint)reply.As<VfioIrqInfo>().Flags, reply.As<VfioIrqInfo>().Count));
        var bad = client.Ask(VfioUserCommand.VFIO_USER_DEVICE_GET_IRQ_INFO, WireClient.Bytes(new VfioIrqInfo { ArgSz = 16, Index = 5 }));
        Assert.Equal(Errno.EINVAL, bad.Error);
    }

    [Fact]
    public void GetIrqInfo_OfEachThatIsCounted_IsAnswered()
    {
        using var served = new Served();
        using var client = served.Connect();
        for (var index = 0u; index < VfioConstants.VFIO_PCI_NUM_IRQS; index++)
        {
            var reply = client.Ask(VfioUserCommand.VFIO_USER_DEVICE_GET_IRQ_INFO, WireClient.Bytes(new VfioIrqInfo { ArgSz = 16, Index = index }));
            Assert.Equal((Errno.None, index), (reply.Error, reply.As<VfioIrqInfo>().Index));
        }
    }

    [Fact]
    public void SetIrqs_Msi_SignalsTheEventfdBesideTheMessage()
    {
        using var served = new Served();
        using var client = served.Connect();
        using var eventFd = NewEventFd();
        Assert.Equal(Errno.None, Set(client, EventFds, Msi, 0, 1, eventFd));
        client.Write(7, 4, 2, 6);
        client.Write(0, Raise, 4, 1);
        Assert.True(eventFd.TryWait(TimeSpan.FromSeconds(30), out _));
    }

    [Fact]
    public void SetIrqs_WithoutDescriptors_TakesTheEventfdsAway()
    {
        using var served = new Served();
        using var client = served.Connect();
        using var eventFd = NewEventFd();
        client.Write(7, 4, 2, 6);
        Assert.Equal(Errno.None, Set(client, EventFds, Msi, 0, 1)); // as QEMU enables MSI-X
        Assert.Equal(Errno.None, Set(client, EventFds, Msi, 0, 1, eventFd));
        Assert.Equal(Errno.None, Set(client, EventFds, Msi, 0, 1));
        client.Write(0, Raise, 4, 1);
        Assert.False(eventFd.TryConsume(out _));
        Assert.Equal(Errno.None, Set(client, VfioIrqSetFlags.VFIO_IRQ_SET_DATA_NONE | Trigger, Msi, 0, 0));
    }

    [Fact]
    public void SetIrqs_Intx_ComesAgainOnceUnmasked()
    {
        using var served = new Served();
        using var client = served.Connect();
        using var eventFd = NewEventFd();
        Assert.Equal(Errno.None, Set(client, EventFds, Intx, 0, 1, eventFd));
        client.Write(0, Raise, 4, 1);
        Assert.True(eventFd.TryWait(TimeSpan.FromSeconds(30), out _));
        Assert.Equal(Errno.None, Set(client, VfioIrqSetFlags.VFIO_IRQ_SET_DATA_NONE | VfioIrqSetFlags.VFIO_IRQ_SET_ACTION_UNMASK, Intx, 0, 1));
        Assert.True(eventFd.TryWait(TimeSpan.FromSeconds(30), out _));
        client.Write(0, Acknowledge, 4, 1);
        Assert.Equal(Errno.None, Set(client, VfioIrqSetFlags.VFIO_IRQ_SET_DATA_NONE | VfioIrqSetFlags.VFIO_IRQ_SET_ACTION_UNMASK, Intx, 0, 1));
        Assert.False(eventFd.TryConsume(out _));
    }

    [Fact]
    public void SetIrqs_Bool_TriggersWhatIsTrue()
    {
        using var served = new Served();
        using var client = served.Connect();
        using var eventFd = NewEventFd();
        Set(client, EventFds, Err, 0, 1, eventFd);
        var set = new VfioIrqSet { ArgSz = 21, Flags = VfioIrqSetFlags.VFIO_IRQ_SET_DATA_BOOL | Trigger, Index = Err, Count = 1 };
        Assert.Equal(Errno.None, client.Ask(VfioUserCommand.VFIO_USER_DEVICE_SET_IRQS, WireClient.Bytes(set, 0)).Error);
        Assert.False(eventFd.TryConsume(out _));
        Assert.Equal(Errno.None, client.Ask(VfioUserCommand.VFIO_USER_DEVICE_SET_IRQS, WireClient.Bytes(set, 1)).Error);
        Assert.True(eventFd.TryConsume(out _));
    }

    [Fact]
    public void SetIrqs_WithTheWrongNumberOfDescriptors_IsEINVAL()
    {
        using var served = new Served();
        using var client = served.Connect();
        using var eventFd = NewEventFd();
        Assert.Equal(Errno.EINVAL, Set(client, EventFds, Msi, 0, 1, eventFd, eventFd));
        Assert.Equal(Errno.EINVAL, Set(client, EventFds, Msi, 0, 2, eventFd));
        Assert.Equal(Errno.EINVAL, Set(client, EventFds, Msi, 0, uint.MaxValue));
    }

    [Fact]
    public void SetIrqs_WithWhatIsNoEventfd_IsEINVAL()
    {
        using var served = new Served();
        using var client = served.Connect();
        using var file = File.OpenHandle("/dev/null");
        Assert.Equal(Errno.EINVAL, Set(client, EventFds, Msi, 0, 1, file));
    }

    [Fact]
    public void SetIrqs_WithMoreDescriptorsThanAgreed_IsEINVAL()
    {
        using var served = new Served();
        using var client = served.Connect();
        using var eventFd = NewEventFd();
        Assert.Equal(Errno.EINVAL, Set(client, EventFds, Msi, 0, 17, [.. Enumerable.Repeat<SafeHandle>(eventFd, 17)]));
        Assert.Equal(Errno.None, Set(client, EventFds, Msi, 0, 1, eventFd));
    }

    [Fact]
    public void Disconnect_TakesTheEventfdsAlong()
    {
        using var served = new Served();
        using var eventFd = NewEventFd();
        using (var client = served.Connect())
        {
            client.Write(7, 4, 2, 6);
            Assert.Equal(Errno.None, Set(client, EventFds, Msi, 0, 1, eventFd));
        }

        served.Recorder.WaitUntilGone();
        using var next = served.Connect();
        next.Write(0, Raise, 4, 1);
        Assert.False(eventFd.TryConsume(out _));
        Assert.Equal(1u, next.Read(0, 0x24, 4)); // what the device has is still there
    }

    private static EventFd NewEventFd()
    {
        Assert.False(EventFd.Create(out var eventFd).IsError);
        return eventFd;
    }

    private static Errno Set(WireClient client, VfioIrqSetFlags flags, uint index, uint start, uint count, params SafeHandle[] descriptors)
        => client.Ask(
            VfioUserCommand.VFIO_USER_DEVICE_SET_IRQS,
            WireClient.Bytes(new VfioIrqSet { ArgSz = 20, Flags = flags, Index = index, Start = start, Count = count }),
            descriptors).Error;
}
