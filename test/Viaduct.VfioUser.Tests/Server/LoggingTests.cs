using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;
using Viaduct.VfioUser.Tests.Infrastructure;
using static Viaduct.VfioUser.Tests.Infrastructure.EduDriver;

namespace Viaduct.VfioUser.Tests.Server;

public sealed class LoggingTests
{
    private const ulong Iova = 0x1_0000_0000;
    private const uint Set = 1 << 17, Get = 1 << 16, Probe = 1 << 18;
    private const uint StartId = 6, StopId = 7, ReportId = 8;

    [Theory]
    [InlineData("shared")]
    [InlineData("file")]
    [InlineData("message")]
    public void Report_AfterADevicesWrites_TellsOfEachOnce(string kind)
    {
        using var served = new Served();
        using var client = served.Connect();
        using var memory = Allocate(16 << 12);
        var flags = VfioUserDmaFlags.Readable | VfioUserDmaFlags.Writeable | (kind == "file" ? VfioUserDmaFlags.FileIo : 0);
        Assert.Equal(Errno.None, client.Map(Iova, 16 << 12, kind == "message" ? null : memory.File, flags: flags));
        Write(client, Iova + (9 << 12), kind);
        Assert.Equal(Errno.None, Begin(client).Error);
        Write(client, Iova + (3 << 12), kind);
        Write(client, Iova + (5 << 12) - 128, kind); // over two pages
        Assert.Equal(0b111000UL, Report(client, Iova, 16 << 12));
        Assert.Equal(0UL, Report(client, Iova, 16 << 12));
        Write(client, Iova + (15 << 12), kind);
        Assert.Equal(1UL, Report(client, Iova + (15 << 12), 1 << 12));
        Assert.Equal(Errno.None, Feature(client, Set | StopId).Error);
        Assert.Equal(Errno.EINVAL, Ask(client, Iova, 1 << 12).Error);
    }

    [Fact]
    public void Report_OfLargerPages_HasABitForEach()
    {
        using var served = new Served();
        using var client = served.Connect();
        using var memory = Allocate(64 << 12);
        client.Map(Iova, 64 << 12, memory.File);
        Begin(client, pageSize: 1 << 16);
        Write(client, Iova + (17 << 12), "shared");
        Write(client, Iova + (63 << 12), "shared");
        Assert.Equal(0b1010UL, Report(client, Iova, 64 << 12, pageSize: 1 << 16));
    }

    [Fact]
    public void Report_OutsideTheRangesOfTheStart_IsEmpty()
    {
        using var served = new Served();
        using var client = served.Connect();
        using var memory = Allocate(16 << 12);
        client.Map(Iova, 16 << 12, memory.File);
        Begin(client, 4096, (Iova + 0x2000, 0x1000), (Iova, 0x1000));
        foreach (var page in (ReadOnlySpan<ulong>)[0, 1, 2, 3])
        {
            Write(client, Iova + (page << 12), "shared");
        }

        Assert.Equal(0b101UL, Report(client, Iova, 16 << 12));
    }

    [Fact]
    public void Start_WithAGranularityOfItsOwn_SaysSo()
    {
        using var served = new Served();
        using var client = served.Connect();
        var reply = Begin(client, 1 << 21, (0, 1 << 21));
        Assert.Equal(4096UL, reply.As<VfioUserDmaLoggingControl>(8).PageSize);
        Assert.Equal(Errno.EINVAL, Begin(client).Error); // twice
    }

    [Theory]
    [InlineData(4096UL, 0x1000UL, 0UL, Errno.EINVAL)]
    [InlineData(4096UL, 0x1001UL, 0x1000UL, Errno.EINVAL)]
    [InlineData(4096UL, 0x1000UL, 0x1001UL, Errno.EINVAL)]
    [InlineData(4096UL, 0x8000UL, 0x2000UL, Errno.EINVAL)] // over the other one
    [InlineData(4096UL, 0xfffffffffffff000UL, 0x2000UL, Errno.EOVERFLOW)]
    [InlineData(4096UL, 0xfffffffffffff000UL, 0x1000UL, Errno.None)]
    [InlineData(0UL, 0UL, 0x1000UL, Errno.EINVAL)]
    [InlineData(4097UL, 0UL, 0x1000UL, Errno.EINVAL)]
    public void Start_WithARange_IsAnErrno(ulong pageSize, ulong iova, ulong length, Errno expected)
    {
        using var served = new Served();
        using var client = served.Connect();
        Assert.Equal(expected, Begin(client, pageSize, (0x9000, 0x1000), (iova, length)).Error);
    }

    [Fact]
    public void Start_WithMoreRangesThanAllowed_IsE2BIG()
    {
        using var served = new Served();
        using var client = served.Connect();
        (ulong, ulong)[] ranges = [.. Enumerable.Range(0, 257).Select(i => ((ulong)i << 13, 4096UL))];
        Assert.Equal(Errno.E2BIG, Begin(client, 4096, ranges).Error);
        Assert.Equal(Errno.None, Begin(client, 4096, ranges[..256]).Error);
    }

    [Fact]
    public void Start_WithFewerRangesThanItSays_IsEINVAL()
    {
        using var served = new Served();
        using var client = served.Connect();
        var control = new VfioUserDmaLoggingControl { PageSize = 4096, NumRanges = 2 };
        Assert.Equal(Errno.EINVAL, Feature(client, Set | StartId, WireClient.Bytes(control, new byte[16])).Error);
    }

    [Theory]
    [InlineData(0UL, 0UL, 4096UL, Errno.EINVAL)]
    [InlineData(0UL, 4096UL, 2048UL, Errno.EINVAL)]
    [InlineData(0UL, 4096UL, 6144UL, Errno.EINVAL)]
    [InlineData(1UL, 4096UL, 4096UL, Errno.EINVAL)]
    [InlineData(0UL, 4097UL, 4096UL, Errno.EINVAL)]
    [InlineData(0UL, 1UL << 40, 4096UL, Errno.EINVAL)] // more bits than a reply has
    [InlineData(0xfffffffffffff000UL, 8192UL, 4096UL, Errno.EOVERFLOW)]
    [InlineData(0xfffffffffffff000UL, 4096UL, 4096UL, Errno.None)]
    public void Report_ThatCannotBe_IsAnErrno(ulong iova, ulong length, ulong pageSize, Errno expected)
    {
        using var served = new Served();
        using var client = served.Connect();
        Begin(client);
        Assert.Equal(expected, Ask(client, iova, length, pageSize).Error);
    }

    [Fact]
    public void Report_WithoutRoomForItsBitmap_IsEINVAL()
    {
        using var served = new Served();
        using var client = served.Connect();
        Begin(client);
        Assert.Equal(Errno.EINVAL, Ask(client, 0, 65 << 12, argSz: 32 + 8).Error);
        Assert.Equal(32 + 16, Ask(client, 0, 65 << 12, argSz: 32 + 16).Payload.Length);
    }

    [Theory]
    [InlineData(Probe | StartId, Errno.None)]
    [InlineData(Probe | Set | StartId, Errno.None)]
    [InlineData(Probe | Get | StartId, Errno.EINVAL)]
    [InlineData(Probe | Set | StopId, Errno.None)]
    [InlineData(Probe | Get | ReportId, Errno.None)]
    [InlineData(Probe | Get | Set | ReportId, Errno.EINVAL)]
    [InlineData(StartId, Errno.EINVAL)]
    [InlineData(Get | Set | StartId, Errno.EINVAL)]
    [InlineData(Set | ReportId, Errno.EINVAL)]
    [InlineData(Set | StopId | (1 << 19), Errno.EINVAL)]
    public void Feature_OfLogging_TakesItsOwnOperations(uint flags, Errno expected)
    {
        using var served = new Served();
        using var client = served.Connect();
        Assert.Equal(expected, Feature(client, flags).Error);
    }

    [Fact]
    public void Disconnect_WhileWritesAreNoted_EndsIt()
    {
        using var served = new Served();
        using (var client = served.Connect())
        {
            Begin(client);
        }

        served.Recorder.WaitUntilGone();
        using var next = served.Connect();
        Assert.Equal(Errno.None, Begin(next).Error);
    }

    private static Reply Begin(WireClient client, ulong pageSize = 4096, params (ulong Iova, ulong Length)[] ranges)
    {
        var control = new VfioUserDmaLoggingControl { PageSize = pageSize, NumRanges = (uint)ranges.Length };
        return Feature(client, Set | StartId, [.. StructBytes.Of(control), .. ranges.SelectMany(range =>
            WireClient.Bytes(new VfioDeviceFeatureDmaLoggingRange { Iova = range.Iova, Length = range.Length }))]);
    }

    private static ulong Report(WireClient client, ulong iova, ulong length, ulong pageSize = 4096)
    {
        var reply = Ask(client, iova, length, pageSize);
        Assert.Equal((Errno.None, 40), (reply.Error, reply.Payload.Length));
        return reply.As<ulong>(32);
    }

    private static Reply Ask(WireClient client, ulong iova, ulong length, ulong pageSize = 4096, uint argSz = 4096)
        => Feature(
            client, Get | ReportId, WireClient.Bytes(new VfioUserDmaLoggingReport { Iova = iova, Length = length, PageSize = pageSize }), argSz);

    private static Reply Feature(WireClient client, uint flags, byte[]? data = null, uint argSz = 1 << 16)
        => client.Ask(
            VfioUserCommand.VFIO_USER_DEVICE_FEATURE,
            WireClient.Bytes(new VfioDeviceFeature { ArgSz = argSz, Flags = (VfioDeviceFeatureFlags)flags }, data ?? []));

    private static void Write(WireClient client, ulong address, string kind)
    {
        Start(client, OwnMemory, address, toMemory: true);
        for (var left = kind == "message" ? 256 : 0; left > 0;)
        {
            var write = client.Receive();
            Assert.Equal(VfioUserCommand.VFIO_USER_DMA_WRITE, write.Header.Command);
            Answer(client, write, []);
            left -= (int)write.As<VfioUserDmaAccess>().Count;
        }

        Await(client);
    }

    private static MemoryMapping Allocate(nuint size)
    {
        Assert.False(MemoryMapping.Allocate(size, HugePageSize.None, out var mapping).IsError);
        return mapping!;
    }
}
