using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Pci.Hardware;
using Viaduct.Pci.Tests.Infrastructure;

namespace Viaduct.Pci.Tests.VfioPci;

public sealed class IoeventfdTests
{
    private const uint Memory = 0x102;

    [Theory]
    [InlineData(27u, 4u, 0ul, Errno.EINVAL)]
    [InlineData(28u, 0u, 0ul, Errno.EINVAL)]
    [InlineData(28u, 3u, 0ul, Errno.EINVAL)]
    [InlineData(28u, 0x14u, 0ul, Errno.EINVAL)]
    [InlineData(28u, 4u, 0x3ffcul, Errno.None)]
    [InlineData(28u, 4u, 0x3ffdul, Errno.EINVAL)]
    [InlineData(28u, 4u, 0x1ffcul, Errno.None)]
    [InlineData(28u, 4u, 0x1ffdul, Errno.EINVAL)]
    [InlineData(28u, 8u, 0x2000ul, Errno.EINVAL)]
    [InlineData(28u, 1u, 0x204ful, Errno.EINVAL)]
    [InlineData(28u, 1u, 0x2050ul, Errno.None)]
    [InlineData(28u, 4u, 1ul << 40, Errno.EINVAL)]
    [InlineData(28u, 4u, 2ul << 40, Errno.None)]
    [InlineData(28u, 4u, 7ul << 40, Errno.EINVAL)]
    [InlineData(28u, 4u, ulong.MaxValue - 3, Errno.EINVAL)]
    public void Add_ChecksItsForm(uint argsz, uint width, ulong offset, Errno expected)
    {
        using var client = new Client(TestFunction.Express());
        Assert.Equal(expected, Call(client, argsz, width, offset, 1, client.Caller.NewEventFd().Number).Errno);
    }

    [Fact]
    public void AddAndRemove_AreKeyedByPlaceWidthAndData()
    {
        using var client = new Client(TestFunction.Edu());
        var fd = client.Caller.NewEventFd().Number;
        Assert.Equal(Errno.EINVAL, Call(client, 28, 4, 0, 1, -2).Errno);
        Assert.Equal(Errno.ENODEV, Call(client, 28, 4, 0, 1, -1).Errno);
        Assert.Equal(SysResult.Success, Call(client, 28, 4, 0, 1, fd));
        Assert.Equal(Errno.EEXIST, Call(client, 28, 4, 0, 1, FakeCaller.Closed).Errno);
        Assert.Equal(SysResult.Success, Call(client, 28, 2, 0, 1, fd));
        Assert.Equal(SysResult.Success, Call(client, 28, 4, 0, 1UL << 32 | 1, fd));
        Assert.Equal(SysResult.Success, Call(client, 28, 4, 0, 1, -1));
        Assert.Equal(Errno.ENODEV, Call(client, 28, 4, 0, 1, -1).Errno);
        Assert.Equal(Errno.EBADF, Call(client, 28, 4, 0, 1, FakeCaller.Closed).Errno);
        Assert.Equal(Errno.EINVAL, Call(client, 28, 4, 0, 1, FakeCaller.OtherFile).Errno);
        client.Device.CloseDevice();
    }

    [Fact]
    public void Add_BeyondAThousand_ReturnsENOSPCUntilOneGoes()
    {
        using var client = new Client(TestFunction.Edu());
        var fd = client.Caller.NewEventFd().Number;
        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal(SysResult.Success, Call(client, 28, 4, 0, (ulong)i, fd));
        }

        Assert.Equal(Errno.ENOSPC, Call(client, 28, 4, 0, 1000, FakeCaller.Closed).Errno);
        Assert.Equal(Errno.EEXIST, Call(client, 28, 4, 0, 999, fd).Errno);
        Assert.Equal(Errno.ENODEV, Call(client, 28, 4, 0, 1000, -1).Errno);
        Assert.Equal(SysResult.Success, Call(client, 28, 4, 0, 0, -1));
        Assert.Equal(SysResult.Success, Call(client, 28, 4, 0, 1000, fd));
        client.Device.CloseDevice();
    }

    [Fact]
    public void Ring_WritesTheRegisterWhileMemoryIsEnabled()
    {
        var registers = new RamRegisters(1 << 20);
        using var client = new Client(TestFunction.Edu(registers));
        client.PutConfig(0x04, 2, Memory);
        var first = client.Caller.NewEventFd();
        var second = client.Caller.NewEventFd();
        Assert.Equal(SysResult.Success, Call(client, 28, 4, 0x10, 0xffffffff12345678, first.Number));
        Assert.Equal(SysResult.Success, Call(client, 28, 8, 0x18, 0x1122334455667788, second.Number));
        first.Add(3);
        WaitFor(registers, 0x10, 4, 0x12345678);
        Assert.Equal(0u, client.Get(0x14, 4));
        client.PutConfig(0x04, 2, 0);
        second.Add(1);
        second.WaitTaken();
        WaitForTheWatcher(client);
        client.PutConfig(0x04, 2, Memory);
        client.Put(0x10, 4, 0);
        first.Add(1);
        WaitFor(registers, 0x10, 4, 0x12345678);
        Assert.Equal(0u, client.Get(0x18, 8));
        client.Device.CloseDevice();
        first.Add(1);
        Assert.Equal(1u, first.Take());
    }

    [Fact]
    public void Ring_AModelThatThrows_IsTold()
    {
        using var told = new ManualResetEventSlim();
        Assert.True(PciAddress.TryParse("0000:00:05.0", out var address));
        var device = new Pci.VfioPci.VfioPciDevice(
            new PciDevice(TestFunction.Edu(new ThrowingRegisters()), address, TestFunction.NewGroup(), new PciHostBridge()))
        {
            ModelFailed = _ => told.Set(),
        };
        using var client = new Client(device);
        client.PutConfig(0x04, 2, Memory);
        var e = client.Caller.NewEventFd();
        Assert.Equal(SysResult.Success, Call(client, 28, 4, 0, 1, e.Number));
        e.Add(1);
        Assert.True(told.Wait(TimeSpan.FromSeconds(30)));
        device.CloseDevice();
    }

    private static void WaitFor(RamRegisters registers, int offset, int width, ulong value)
    {
        while (Read() != value)
        {
            Thread.Yield();
        }

        ulong Read()
        {
            var bytes = new byte[8];
            registers.Bytes.AsSpan(offset, width).CopyTo(bytes);
            return BitConverter.ToUInt64(bytes);
        }
    }

    // Its thread serves one eventfd after the other.
    private static void WaitForTheWatcher(Client client)
    {
        using var served = new ManualResetEventSlim();
        var e = client.Caller.NewEventFd();
        Assert.Equal(SysResult.Success, EventFdWatcher.Shared.Add(e.Share(), served.Set, out var watch));
        e.Add(1);
        Assert.True(served.Wait(TimeSpan.FromSeconds(30)));
        watch!.Dispose();
    }

    private static SysResult Call(Client client, uint argsz, uint width, ulong offset, ulong data, int fd)
        => client.Ioctl(
            VfioIoctl.VFIO_DEVICE_IOEVENTFD, argsz, width, (uint)offset, (uint)(offset >> 32), (uint)data, (uint)(data >> 32), (uint)fd);

    private sealed class ThrowingRegisters : IRegisterSpace
    {
        public ulong Read(ulong offset, int width) => 0;

        public void Write(ulong offset, int width, ulong value) => throw new InvalidOperationException("a bug");
    }
}
