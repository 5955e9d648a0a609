using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Linux.Descriptors;
using Viaduct.VfioUser.Protocol;
using Viaduct.VfioUser.Tests.Infrastructure;

namespace Viaduct.VfioUser.Tests.Server;

public sealed class RegionMemoryTests
{
    private const uint Parts = 0, Whole = 2, Registers = 4;
    private const uint SparseSize = 32 + 16 + (3 * 16);

    [Fact]
    public void GetRegionInfo_OfABarThatIsMemory_GivesItsFile()
    {
        using var served = new Served(create: services => new MemoryFunction(services));
        using var client = served.Connect();
        var reply = Info(client, Whole, 32);
        var info = reply.As<VfioRegionInfo>();
        Assert.Equal((32u, 7u, 0u, 0x2000UL, 0UL), (info.ArgSz, (uint)info.Flags, info.CapOffset, info.Size, info.Offset));
        using var mapped = Map(Assert.Single(reply.Descriptors), 0x2000);
        mapped.Write32(0x1ffc, 0x12345678);
        client.Write(Whole, 8, 8, 0x1122334455667788);
        Assert.Equal(0x12345678UL, client.Read(Whole, 0x1ffc, 4));
        Assert.Equal(0x1122334455667788UL, mapped.Read64(8));
        var function = (MemoryFunction)served.Function;
        Assert.Equal(0x5678UL, function.Whole.Read(0x1ffc, 2));
        function.Whole.GetSpan(0x100, 2).Fill(0xab);
        Assert.Equal((ushort)0xabab, mapped.Read16(0x100));
        Assert.Empty(function.Writes);
    }

    [Fact]
    public void GetRegionInfo_OfABarWithParts_ChainsThemWithoutMsixPages()
    {
        using var served = new Served(create: services => new MemoryFunction(services));
        using var client = served.Connect();
        var reply = Info(client, Parts, SparseSize);
        var info = reply.As<VfioRegionInfo>();
        Assert.Equal((SparseSize, 0xfu, 32u, 0x8000UL, 0UL), (info.ArgSz, (uint)info.Flags, info.CapOffset, info.Size, info.Offset));
        Assert.Equal((int)SparseSize, reply.Payload.Length);
        Assert.Equal(((ushort)1, (ushort)1, 0u), (reply.As<ushort>(32), reply.As<ushort>(34), reply.As<uint>(36)));
        Assert.Equal((3u, 0u), (reply.As<uint>(40), reply.As<uint>(44)));
        Assert.Equal(
            [(0x1000UL, 0x1000UL), (0x3000UL, 0x2000UL), (0x6000UL, 0x2000UL)],
            Enumerable.Range(0, 3).Select(i => (reply.As<ulong>(48 + (16 * i)), reply.As<ulong>(56 + (16 * i)))));
        var file = Assert.Single(reply.Descriptors);
        Assert.Equal(0x8000, RandomAccess.GetLength(file));
        using var mapped = Map(file, 0x8000);
        client.Write(Parts, 0x3000, 4, 7);
        client.Write(Parts, 0x2004, 4, 9); // the table
        client.Write(Parts, 0x10, 4, 5);
        client.Write(Parts, 0x5ff8, 8, 6);
        Assert.Equal((7u, 0u, 0u, 0UL), (mapped.Read32(0x3000), mapped.Read32(0x2004), mapped.Read32(0x10), mapped.Read64(0x5ff8)));
        Assert.Equal([(0x10UL, 4, 5UL), (0x5ff8UL, 8, 6UL)], ((MemoryFunction)served.Function).Writes);
        Assert.Equal(0x5eUL, client.Read(Parts, 0x5000, 4));
    }

    [Theory]
    [InlineData(32u)]
    [InlineData(SparseSize - 1)]
    public void GetRegionInfo_WithTooLittleRoom_SaysHowMuchAndGivesNoFile(uint argSz)
    {
        using var served = new Served(create: services => new MemoryFunction(services));
        using var client = served.Connect();
        var reply = Info(client, Parts, argSz);
        var info = reply.As<VfioRegionInfo>();
        Assert.Equal((32, SparseSize, 7u, 0u), (reply.Payload.Length, info.ArgSz, (uint)info.Flags, info.CapOffset));
        Assert.Empty(reply.Descriptors);
    }

    [Theory]
    [InlineData(SparseSize + 1)]
    [InlineData(uint.MaxValue)]
    public void GetRegionInfo_WithRoomToSpare_IsAsLongAsItNeeds(uint argSz)
    {
        using var served = new Served(create: services => new MemoryFunction(services));
        using var client = served.Connect();
        var reply = Info(client, Parts, argSz);
        Assert.Equal(((int)SparseSize, SparseSize), (reply.Payload.Length, reply.As<VfioRegionInfo>().ArgSz));
        Assert.Single(reply.Descriptors);
        Assert.Equal(Errno.EINVAL, Info(client, 9, argSz).Error);
    }

    [Fact]
    public void GetRegionInfo_OfRegisters_HasNoFileAfterOneThatHas()
    {
        using var served = new Served(create: services => new MemoryFunction(services));
        using var client = served.Connect();
        Assert.Single(Info(client, Whole, 32).Descriptors);
        var reply = Info(client, Registers, 32);
        Assert.Equal((3u, 0x1000UL), ((uint)reply.As<VfioRegionInfo>().Flags, reply.As<VfioRegionInfo>().Size));
        Assert.Empty(reply.Descriptors);
    }

    [Fact]
    public void GetRegionInfo_ForAClientThatTakesNoDescriptors_HasNoMapping()
    {
        using var served = new Served(create: services => new MemoryFunction(services));
        using var client = served.Connect(negotiate: false);
        var hello = WireClient.Hello("""{"capabilities":{"max_msg_fds":0}}""");
        Assert.Equal(Errno.None, client.Ask(VfioUserCommand.VFIO_USER_VERSION, hello).Error);
        var reply = Info(client, Parts, 4096);
        Assert.Equal((32u, 3u), (reply.As<VfioRegionInfo>().ArgSz, (uint)reply.As<VfioRegionInfo>().Flags));
        Assert.Empty(reply.Descriptors);
    }

    [Fact]
    public void File_CannotBeResizedOrSealed()
    {
        using var served = new Served(create: services => new MemoryFunction(services));
        using var client = served.Connect();
        var file = Assert.Single(Info(client, Whole, 32).Descriptors);
        Assert.True(FileSeals.CannotShrink(new FileDescriptorHandle((int)file.DangerousGetHandle(), ownsHandle: false)));
        Assert.Equal(Errno.EPERM, MemoryFile.SealSize(file).Errno);
        Assert.Equal(Errno.EPERM, MemoryFile.SealContent(file).Errno);
        Assert.ThrowsAny<Exception>(() => RandomAccess.SetLength(file, 0));
        Assert.ThrowsAny<Exception>(() => RandomAccess.SetLength(file, 0x4000));
        client.Write(Whole, 0x1ff8, 8, 3);
        Assert.Equal(3UL, client.Read(Whole, 0x1ff8, 8));
    }

    [Fact]
    public void Reset_ClearsWhatTheModelClears_UnderTheClientsMapping()
    {
        using var served = new Served(create: services => new MemoryFunction(services));
        using var client = served.Connect();
        using var whole = Map(Assert.Single(Info(client, Whole, 32).Descriptors), 0x2000);
        using var parts = Map(Assert.Single(Info(client, Parts, SparseSize).Descriptors), 0x8000);
        whole.Write32(0x1000, 1);
        parts.Write32(0x1000, 2);
        Assert.Equal(Errno.None, client.Ask(VfioUserCommand.VFIO_USER_DEVICE_RESET, []).Error);
        Assert.Equal((0u, 2u), (whole.Read32(0x1000), parts.Read32(0x1000)));
        whole.Write32(0x1000, 3);
        Assert.Equal(3UL, client.Read(Whole, 0x1000, 4));
    }

    [Fact]
    public void Memory_KeepsItsContentForTheNextClient()
    {
        using var served = new Served(create: services => new MemoryFunction(services));
        using (var first = served.Connect())
        {
            using var mapped = Map(Assert.Single(Info(first, Whole, 32).Descriptors), 0x2000);
            mapped.Write8(0, 0x42);
        }

        using var second = served.Connect();
        using var again = Map(Assert.Single(Info(second, Whole, 32).Descriptors), 0x2000);
        Assert.Equal(0x42, again.Read8(0));
    }

    private static Reply Info(WireClient client, uint index, uint argSz) => client.Ask(
        VfioUserCommand.VFIO_USER_DEVICE_GET_REGION_INFO, WireClient.Bytes(new VfioRegionInfo { ArgSz = argSz, Index = index }));

    private static MappedRegion Map(SafeFileHandle file, nuint length)
    {
        var handle = new FileDescriptorHandle((int)file.DangerousGetHandle(), ownsHandle: false);
        Assert.False(MemoryMapping.Map(handle, 0, length, canWrite: true, out var mapping).IsError);
        return new MappedRegion(mapping!, 0);
    }
}
