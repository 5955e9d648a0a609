using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.VfioUser.Protocol;
using Viaduct.VfioUser.Tests.Infrastructure;

namespace Viaduct.VfioUser.Tests.Server;

public sealed class DoorbellTests
{
    private const uint Needed = 16 + (3 * 40);

    [Fact]
    public void GetRegionIoFds_DescribesTheDoorbells()
    {
        using var served = new Served(create: services => new MemoryFunction(services));
        using var client = served.Connect();
        var reply = Ask(client, 0, Needed);
        Assert.Equal((Needed, 0u, 0u, 3u), (reply.As<uint>(0), reply.As<uint>(4), reply.As<uint>(8), reply.As<uint>(12)));
        Assert.Equal((int)Needed, reply.Payload.Length);
        Assert.Equal(3, reply.Descriptors.Count);
        Assert.Equal(
            [(0x10UL, 4UL, 0u, 0u, 0u, 0u, 0UL), (0x18UL, 2UL, 1u, 0u, 1u, 0u, 0xbeefUL), (0x20UL, 0UL, 2u, 0u, 0u, 0u, 0UL)],
            Enumerable.Range(0, 3).Select(i => reply.As<VfioUserIoEventFd>(16 + (40 * i)))
                .Select(e => (e.Offset, e.Size, e.FdIndex, e.Type, e.Flags, e.Padding, e.DataMatch)));
    }

    [Theory]
    [InlineData(0, 0x10UL, 4, 0UL)]
    [InlineData(1, 0x18UL, 2, 0xbeefUL)]
    [InlineData(2, 0x20UL, 4, 0UL)]
    public void Ring_ByItsEventfd_IsAWriteOfTheRegister(int index, ulong offset, int width, ulong value)
    {
        using var served = new Served(create: services => new MemoryFunction(services));
        using var client = served.Connect();
        Signal(Ask(client, 0, Needed).Descriptors[index]);
        Assert.True(((MemoryFunction)served.Function).Writes.TryTake(out var write, TimeSpan.FromSeconds(30)));
        Assert.Equal((offset, width, value), write);
    }

    [Fact]
    public void GetRegionIoFds_AskedAgain_GivesTheSameEventfds()
    {
        using var served = new Served(create: services => new MemoryFunction(services));
        using var client = served.Connect();
        Ask(client, 0, Needed).Descriptors.ToList().ForEach(d => d.Dispose());
        Signal(Ask(client, 0, uint.MaxValue).Descriptors[1]);
        var writes = ((MemoryFunction)served.Function).Writes;
        Assert.True(writes.TryTake(out var write, TimeSpan.FromSeconds(30)));
        Assert.Equal((0x18UL, 2, 0xbeefUL), write);
        Assert.Empty(writes);
    }

    [Theory]
    [InlineData(16u)]
    [InlineData(Needed - 1)]
    public void GetRegionIoFds_WithTooLittleRoom_SaysHowMuchAndGivesNone(uint argSz)
    {
        using var served = new Served(create: services => new MemoryFunction(services));
        using var client = served.Connect();
        var reply = Ask(client, 0, argSz);
        Assert.Equal((16, Needed, 3u), (reply.Payload.Length, reply.As<uint>(0), reply.As<uint>(12)));
        Assert.Empty(reply.Descriptors);
    }

    [Theory]
    [InlineData("""{"capabilities":{"max_msg_fds":2}}""", 2)]
    [InlineData("""{"capabilities":{"max_msg_fds":0}}""", 0)]
    [InlineData("""{"capabilities":{}}""", 1)]
    public void GetRegionIoFds_GivesAsManyAsTheClientTakes(string capabilities, int count)
    {
        using var served = new Served(create: services => new MemoryFunction(services));
        using var client = served.Connect(negotiate: false);
        Assert.Equal(Errno.None, client.Ask(VfioUserCommand.VFIO_USER_VERSION, WireClient.Hello(capabilities)).Error);
        var reply = Ask(client, 0, Needed);
        Assert.Equal((16 + (40 * count), (uint)count), (reply.Payload.Length, reply.As<uint>(12)));
        Assert.Equal(count, reply.Descriptors.Count);
    }

    [Theory]
    [InlineData(15u, 0u, 0u, 0u)]
    [InlineData(Needed, 1u, 0u, 0u)]
    [InlineData(Needed, 0u, 16u, 0u)]
    [InlineData(Needed, 0u, 0u, 3u)]
    [InlineData(Needed, 0u, uint.MaxValue, 0u)]
    public void GetRegionIoFds_ThatMakesNoSense_IsEINVAL(uint argSz, uint flags, uint index, uint count)
    {
        using var served = new Served(create: services => new MemoryFunction(services));
        using var client = served.Connect();
        var asked = new VfioUserRegionIoFds { ArgSz = argSz, Flags = flags, Index = index, Count = count };
        Assert.Equal(Errno.EINVAL, client.Ask(VfioUserCommand.VFIO_USER_DEVICE_GET_REGION_IO_FDS, WireClient.Bytes(asked)).Error);
        Assert.Equal(3, Ask(client, 0, Needed).Descriptors.Count);
    }

    [Fact]
    public void Eventfds_OfAClientThatWent_AreHeardNoMore()
    {
        using var served = new Served(create: services => new MemoryFunction(services));
        SafeFileHandle old;
        using (var first = served.Connect())
        {
            old = Ask(first, 0, Needed).Descriptors[0];
        }

        using var second = served.Connect();
        var current = Ask(second, 0, Needed).Descriptors[1];
        Signal(old);
        Signal(current);
        var writes = ((MemoryFunction)served.Function).Writes;
        Assert.True(writes.TryTake(out var write, TimeSpan.FromSeconds(30)));
        Assert.Equal(0x18UL, write.Offset);
        Assert.Empty(writes);
    }

    private static Reply Ask(WireClient client, uint index, uint argSz) => client.Ask(
        VfioUserCommand.VFIO_USER_DEVICE_GET_REGION_IO_FDS, WireClient.Bytes(new VfioUserRegionIoFds { ArgSz = argSz, Index = index }));

    private static void Signal(SafeFileHandle eventFd) => RandomAccess.Write(eventFd, BitConverter.GetBytes(1UL), 0);
}
