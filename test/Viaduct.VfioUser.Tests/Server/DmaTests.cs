using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.VfioUser.Protocol;
using Viaduct.VfioUser.Tests.Infrastructure;
using static Viaduct.VfioUser.Tests.Infrastructure.EduDriver;

namespace Viaduct.VfioUser.Tests.Server;

public sealed class DmaTests
{
    private const ulong Iova = 0x1_0000_0000;

    [Fact]
    public void Dma_ToSharedMemory_IsInPlace()
    {
        using var served = new Served();
        using var client = served.Connect();
        using var memory = Allocate(8192);
        Assert.Equal(Errno.None, client.Map(Iova, 4096, memory.File, offset: 4096));
        memory.GetSpan(4096, 256).Fill(0x5a);
        Transfer(client, Iova, OwnMemory, toMemory: false);
        Transfer(client, OwnMemory, Iova + 256, toMemory: true);
        Assert.Equal(512, memory.GetSpan(4096, 4096).Count((byte)0x5a));
    }

    [Fact]
    public void Dma_ToUnsharedMemory_AsksTheClientInMessages()
    {
        using var served = new Served();
        using var client = served.Connect();
        Assert.Equal(Errno.None, client.Map(Iova, 4096));
        Start(client, Iova, OwnMemory, toMemory: false);
        var read = client.Receive();
        Assert.Equal(VfioUserCommand.VFIO_USER_DMA_READ, read.Header.Command);
        Assert.Equal((Iova, 256UL), (read.As<VfioUserDmaAccess>().Address, read.As<VfioUserDmaAccess>().Count));
        Answer(client, read, [.. Enumerable.Repeat((byte)7, 256)]);
        Await(client);
        Start(client, OwnMemory, Iova, toMemory: true);
        var write = client.Receive();
        Assert.Equal(VfioUserCommand.VFIO_USER_DMA_WRITE, write.Header.Command);
        Assert.Equal(256, write.Payload.AsSpan(VfioUserDmaAccess.StructSize).Count((byte)7));
        Answer(client, write, []);
        Await(client);
    }

    [Fact]
    public async Task Dma_ThroughTheOwner_OfSharedMemory_IsMessages()
    {
        OwnerFunction? function = null;
        using var served = new Served(create: services => function = new OwnerFunction(services));
        using var client = served.Connect();
        using var memory = Allocate(4096);
        client.Map(Iova, 4096, memory.File);
        client.Write(0, 0, 8, Iova + 8);
        client.Write(0, 8, 8, 77);
        var write = client.Receive();
        Assert.Equal((VfioUserCommand.VFIO_USER_DMA_WRITE, Iova + 8), (write.Header.Command, write.As<VfioUserDmaAccess>().Address));
        Answer(client, write, []);
        var read = client.Receive();
        Assert.Equal((VfioUserCommand.VFIO_USER_DMA_READ, 8UL), (read.Header.Command, read.As<VfioUserDmaAccess>().Count));
        Answer(client, read, BitConverter.GetBytes(78UL));
        var done = await function!.Done.Task;
        Assert.Equal((true, true, 78UL), (done.Write.IsOk, done.Read.IsOk, done.Value));
        Assert.Equal(-1, memory.GetSpan(0, 4096).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public async Task Dma_ThroughTheOwner_OfWhatIsNotMapped_IsAFault()
    {
        OwnerFunction? function = null;
        using var served = new Served(create: services => function = new OwnerFunction(services));
        using var client = served.Connect();
        client.Write(0, 0, 8, Iova);
        client.Write(0, 8, 8, 77);
        var done = await function!.Done.Task;
        Assert.Equal((Iova, Iova), (done.Write.Address, done.Read.Address));
        Assert.False(done.Write.IsOk || done.Read.IsOk);
    }

    [Fact]
    public void Dma_WithAReplyThatIsTooShort_IsAFault()
    {
        using var served = new Served();
        using var client = served.Connect();
        client.Map(Iova, 4096);
        Start(client, Iova, OwnMemory, toMemory: false);
        Answer(client, client.Receive(), new byte[255]);
        Answer(client, client.Receive(), new byte[255]); // page by page, as for any memory that has gone
        Await(client);
    }

    [Fact]
    public void Dma_OverTheTwinSocket_LeavesTheFirstToTheClient()
    {
        using var served = new Served();
        using var client = served.Connect(negotiate: false);
        var hello = client.Ask(
            VfioUserCommand.VFIO_USER_VERSION, WireClient.Hello("""{"capabilities":{"twin_socket":{"supported":true}}}"""));
        Assert.False(Linux.Sockets.UnixSocket.FromDescriptor((int)hello.Descriptors[0].DangerousGetHandle(), out var socket).IsError);
        hello.Descriptors[0].SetHandleAsInvalid();
        using var twin = new WireClient(socket!);
        client.Map(Iova, 4096);
        Start(client, Iova, OwnMemory, toMemory: false);
        var read = twin.Receive();
        Assert.Equal(0u, client.Read(0, 4, 4)); // the device waits, the server does not
        Answer(twin, read, new byte[256]);
        Await(client);
    }

    [Fact]
    public void Unmap_WhileADeviceWaitsForAReplyBehindIt_Ends()
    {
        using var served = new Served();
        using var client = served.Connect();
        client.Map(Iova, 4096);
        client.Map(Iova + 4096, 4096);
        Start(client, Iova, OwnMemory, toMemory: false);
        var read = client.Receive();

        // The server reads the unmapping first, and must reach the reply behind it, and a command before that.
        client.Send(VfioUserCommand.VFIO_USER_DMA_UNMAP, WireClient.UnmapOf(Iova + 4096, 4096));
        client.Send(VfioUserCommand.VFIO_USER_REGION_WRITE, WireClient.WriteOf(0, 4, 4, 77));
        Answer(client, read, new byte[256]);
        Assert.Equal(VfioUserCommand.VFIO_USER_DMA_UNMAP, client.Receive().Header.Command);
        Assert.Equal(VfioUserCommand.VFIO_USER_REGION_WRITE, client.Receive().Header.Command);
        Assert.Equal(~77u, client.Read(0, 4, 4));
        Await(client);
    }

    [Fact]
    public void Disconnect_WhileADeviceWaits_LetsItGo()
    {
        using var served = new Served();
        using (var client = served.Connect())
        {
            client.Map(Iova, 4096);
            Start(client, Iova, OwnMemory, toMemory: false);
            client.Receive();
        }

        served.Recorder.WaitUntilGone();
        using var next = served.Connect();
        Await(next);
        Assert.Equal(Errno.None, next.Map(Iova, 4096)); // nothing is left of the first one's
    }

    [Theory]
    [InlineData(0UL, 0UL, 3u, Errno.EINVAL)]
    [InlineData(0UL, 4095UL, 3u, Errno.EINVAL)]
    [InlineData(1UL, 4096UL, 3u, Errno.EINVAL)]
    [InlineData(0xfffffffffffff000UL, 8192UL, 3u, Errno.EINVAL)]
    [InlineData(0xfffffffffffff000UL, 4096UL, 3u, Errno.None)]
    [InlineData(0UL, 4096UL, 16u, Errno.EINVAL)]
    [InlineData(0UL, 4096UL, 7u, Errno.EINVAL)] // MMAP without a descriptor
    [InlineData(Iova, 4096UL, 3u, Errno.EEXIST)]
    [InlineData(Iova - 4096, 16384UL, 3u, Errno.EEXIST)]
    public void Map_ThatCannotBe_IsAnErrno(ulong address, ulong size, uint flags, Errno expected)
    {
        using var served = new Served();
        using var client = served.Connect();
        client.Map(Iova, 4096);
        Assert.Equal(expected, client.Map(address, size, flags: (VfioUserDmaFlags)flags));
    }

    [Fact]
    public void Map_BeyondTheFilesEnd_IsEINVAL()
    {
        using var served = new Served();
        using var client = served.Connect();
        using var memory = Allocate(4096);
        Assert.Equal(Errno.EINVAL, client.Map(Iova, 8192, memory.File));
        Assert.Equal(Errno.EINVAL, client.Map(Iova, 4096, memory.File, offset: 4096));
        Assert.Equal(Errno.EINVAL, client.Map(Iova, 4096, memory.File, offset: 0xfffffffffffff000));
        Assert.Equal(Errno.None, client.Map(Iova, 4096, memory.File));
    }

    [Theory]
    [InlineData(VfioUserDmaFlags.None)]
    [InlineData(VfioUserDmaFlags.FileIo)]
    public void Dma_ToAFile_Works(VfioUserDmaFlags flags)
    {
        var path = Path.GetTempFileName();
        using var served = new Served();
        using var client = served.Connect();
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite))
        {
            RandomAccess.SetLength(file, 4096);
            Assert.Equal(Errno.None, client.Map(Iova, 4096, file, flags: flags | VfioUserDmaFlags.Readable | VfioUserDmaFlags.Writeable));
        }

        client.Write(0, 4, 4, 9);
        Transfer(client, OwnMemory, Iova + 8, toMemory: true);
        Assert.Equal(4096, new FileInfo(path).Length);
        File.WriteAllBytes(path, []); // truncated under us: a fault, and no SIGBUS
        Transfer(client, Iova, OwnMemory, toMemory: false);
        File.Delete(path);
    }

    [Theory]
    [InlineData(Iova, 8192UL, Errno.ENOENT)]
    [InlineData(Iova + 4096, 4096UL, Errno.ENOENT)]
    [InlineData(0UL, 0UL, Errno.ENOENT)]
    [InlineData(Iova, 4096UL, Errno.None)]
    public void Unmap_WhatIsNotExactlyMapped_IsENOENT(ulong address, ulong size, Errno expected)
    {
        using var served = new Served();
        using var client = served.Connect();
        client.Map(Iova, 4096);
        var reply = client.Ask(VfioUserCommand.VFIO_USER_DMA_UNMAP, WireClient.UnmapOf(address, size));
        Assert.Equal(expected, reply.Error);
        Assert.Equal(expected == Errno.None ? VfioUserDmaUnmap.StructSize : 0, reply.Payload.Length);
    }

    [Fact]
    public void Unmap_All_LeavesNothing()
    {
        using var served = new Served();
        using var client = served.Connect();
        for (var i = 0UL; i < 300; i++)
        {
            Assert.Equal(Errno.None, client.Map(i << 13, 4096));
        }

        Assert.Equal(Errno.None, client.Map(0xfffffffffffff000, 4096));
        Assert.Equal(Errno.EINVAL, client.Ask(VfioUserCommand.VFIO_USER_DMA_UNMAP, WireClient.UnmapOf(0, 4096, VfioUserDmaUnmapFlags.All)).Error);
        Assert.Equal(Errno.None, client.Ask(VfioUserCommand.VFIO_USER_DMA_UNMAP, WireClient.UnmapOf(0, 0, VfioUserDmaUnmapFlags.All)).Error);
        Assert.Equal(Errno.None, client.Map(0, 1 << 22));
    }

    [Fact]
    public void Map_MoreThanAllowed_IsENOSPC()
    {
        using var served = new Served(new() { MaxDmaMaps = 2 });
        using var client = served.Connect();
        Assert.Equal(Errno.None, client.Map(0, 4096));
        Assert.Equal(Errno.None, client.Map(4096, 4096));
        Assert.Equal(Errno.ENOSPC, client.Map(8192, 4096));
    }

    private static MemoryMapping Allocate(nuint size)
    {
        Assert.False(MemoryMapping.Allocate(size, HugePageSize.None, out var mapping).IsError);
        return mapping!;
    }
}
