using System.Buffers.Binary;
using Viaduct.Abi;
using Viaduct.Devices.Nvme;
using Viaduct.Devices.Nvme.Storage;
using Viaduct.Linux;
using Viaduct.Pci.Hardware;
using Viaduct.VfioUser.Protocol;
using Viaduct.VfioUser.Server;
using Viaduct.VfioUser.Tests.Infrastructure;
using static Viaduct.Abi.VfioDeviceMigState;
using static Viaduct.VfioUser.Tests.Infrastructure.MigrationCalls;
using static Viaduct.VfioUser.Tests.Infrastructure.NvmeDriver;

namespace Viaduct.VfioUser.Tests.Server;

public sealed class MigrationTests
{
    [Theory]
    [InlineData(new[] { VFIO_DEVICE_STATE_STOP_COPY }, 4096)]
    [InlineData(new[] { VFIO_DEVICE_STATE_PRE_COPY, VFIO_DEVICE_STATE_STOP_COPY }, 4096)]
    [InlineData(new[] { VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_STOP_COPY }, 1 << 20)]
    [InlineData(new[] { VFIO_DEVICE_STATE_PRE_COPY, VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_STOP_COPY }, 17)]
    public void Migrate_AController_GoesOnWithItsQueues(VfioDeviceMigState[] way, int pieces)
    {
        using var memory = Allocate();
        using var first = Serve();
        using var client = first.Connect();
        client.Map(Iova, MemorySize, memory.File);
        Enable(client);
        Identify(client, memory, slot: 0);
        List<byte> stream = [];
        foreach (var state in way)
        {
            Assert.Equal(Errno.None, SetState(client, state));
            stream.AddRange(ReadAll(client, state, pieces));
        }

        using var second = Serve();
        using var other = second.Connect();
        other.Map(Iova, MemorySize, memory.File);
        Load(other, stream, pieces: 1000);
        Assert.Equal(Errno.None, SetState(other, VFIO_DEVICE_STATE_RUNNING));
        memory.GetSpan(Data, 4096).Clear();
        Identify(other, memory, slot: 1);
        Assert.Equal(0x1af4, BinaryPrimitives.ReadUInt16LittleEndian(memory.GetSpan(Data, 2)));
    }

    [Fact]
    public void Migrate_ToAClientThatMapsLate_WaitsForIt()
    {
        using var memory = Allocate();
        using var first = Serve();
        using var client = first.Connect();
        client.Map(Iova, MemorySize, memory.File);
        Enable(client);
        Assert.Equal(Errno.None, SetState(client, VFIO_DEVICE_STATE_PRE_COPY));
        Submit(client, memory, slot: 0);
        Await(memory, slot: 0);
        Assert.Equal(Errno.None, SetState(client, VFIO_DEVICE_STATE_STOP_COPY));
        var stream = ReadAll(client, VFIO_DEVICE_STATE_STOP_COPY, 4096);

        using var second = Serve();
        using var other = second.Connect();
        Load(other, stream, pieces: 1 << 16);
        Assert.Equal(Errno.None, SetState(other, VFIO_DEVICE_STATE_RUNNING));
        other.Map(Iova, MemorySize, memory.File);
        Identify(other, memory, slot: 1);
        Assert.Empty(second.Recorder.Refusals);
    }

    [Fact]
    public void Migrate_OntoAControllerThatWasUsed_ForgetsWhatItWas()
    {
        using var memory = Allocate();
        using var served = Serve();
        using var client = served.Connect();
        client.Map(Iova, MemorySize, memory.File);
        Assert.Equal(Errno.None, SetState(client, VFIO_DEVICE_STATE_STOP_COPY));
        var asAtFirst = ReadAll(client, VFIO_DEVICE_STATE_STOP_COPY, 4096);
        Assert.Equal(Errno.None, SetState(client, VFIO_DEVICE_STATE_RUNNING));
        Enable(client);
        Identify(client, memory, slot: 0);
        Load(client, asAtFirst, pieces: 4096);
        Assert.Equal(Errno.None, SetState(client, VFIO_DEVICE_STATE_RUNNING));
        Assert.Equal(0UL, client.Read(0, 0x14, 4)); // CC
        memory.GetSpan(0, MemorySize).Clear();
        Enable(client);
        Identify(client, memory, slot: 0);
    }

    [Fact]
    public void Migrate_WithAFile_HandsItOver()
    {
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, new byte[1 << 20]);
        FileStorage.Open(path, isReadOnly: false, out var held);
        FileStorage.OpenForLater(path, isReadOnly: false, out var later);
        using var first = new Served(create: services => Controller(services, held!));
        using var client = first.Connect();
        using var second = new Served(create: services => Controller(services, later!));
        using var other = second.Connect();
        var bytes = new byte[512];
        Assert.Equal(StorageResult.Failed, later!.Read(0, bytes));
        Assert.Equal(StorageResult.Failed, later.Write(0, bytes));
        Assert.Equal(StorageResult.Failed, later.Zero(0, 512, deallocate: true));

        SetState(client, VFIO_DEVICE_STATE_PRE_COPY);
        Load(other, ReadAll(client, VFIO_DEVICE_STATE_PRE_COPY, 4096), pieces: 4096);
        Assert.Equal(Errno.EBUSY, SetState(other, VFIO_DEVICE_STATE_RUNNING));
        Assert.Contains(second.Recorder.Refusals, sentence => sentence.Contains("has the file of namespace 1 open", StringComparison.Ordinal));
        SetState(client, VFIO_DEVICE_STATE_STOP_COPY);
        Assert.Equal(StorageResult.Failed, held!.Read(0, bytes));
        Load(other, ReadAll(client, VFIO_DEVICE_STATE_STOP_COPY, 4096), pieces: 4096);
        Assert.Equal(Errno.None, SetState(other, VFIO_DEVICE_STATE_RUNNING));
        Assert.Equal(StorageResult.Ok, later.Write(0, bytes));
        Assert.Equal(Errno.EBUSY, SetState(client, VFIO_DEVICE_STATE_RUNNING));
        Assert.Equal(Errno.EBUSY, client.Ask(VfioUserCommand.VFIO_USER_DEVICE_RESET, []).Error);
        Assert.Equal(Errno.None, SetState(other, VFIO_DEVICE_STATE_STOP));
        Assert.Equal(Errno.None, client.Ask(VfioUserCommand.VFIO_USER_DEVICE_RESET, []).Error);
        Assert.Equal(VFIO_DEVICE_STATE_RUNNING, GetState(client));
        Assert.Equal(StorageResult.Ok, held.Read(0, bytes));
        held.Dispose();
        later.Dispose();
        File.Delete(path);
    }

    [Fact]
    public void Stop_OfADeviceThatWaitsForItsClient_ComesAfterIt()
    {
        var ready = new List<VfioDeviceMigState>();
        Served? served = null;
        using (served = new Served(
            new ServerOptions { ClientReady = () => ready.Add(served!.Device.Migration!.State) },
            services => Controller(services, Image(1 << 20))))
        {
            using var client = served.Connect();
            Assert.Equal(Errno.None, SetState(client, VFIO_DEVICE_STATE_STOP));
            client.Read(0, 0x14, 4);
            Assert.Equal([VFIO_DEVICE_STATE_RUNNING], ready);
        }
    }

    [Fact]
    public void Stop_WhileMemoryIsWaitedFor_EndsWithTheReply()
    {
        using var served = Serve();
        using var client = served.Connect();
        client.Map(Iova, MemorySize);
        Enable(client);
        client.Send(VfioUserCommand.VFIO_USER_REGION_WRITE, WireClient.WriteOf(0, 0x1000, 4, 1));
        Assert.Equal(VfioUserCommand.VFIO_USER_REGION_WRITE, client.Receive().Header.Command);
        var read = client.Receive();
        Assert.Equal(VfioUserCommand.VFIO_USER_DMA_READ, read.Header.Command);
        client.Send(VfioUserCommand.VFIO_USER_DEVICE_FEATURE, StateOf(VFIO_DEVICE_STATE_STOP));
        while (read.Header.Command != VfioUserCommand.VFIO_USER_DEVICE_FEATURE)
        {
            EduDriver.Answer(client, read, new byte[read.Header.Command == VfioUserCommand.VFIO_USER_DMA_READ ? (int)read.As<VfioUserDmaAccess>().Count : 0]);
            read = client.Receive();
        }

        Assert.Equal(Errno.None, read.Error);
        Assert.Equal(VFIO_DEVICE_STATE_STOP, GetState(client));
    }

    [Fact]
    public void Stop_OfAController_LeavesItsRegistersAlone()
    {
        using var memory = Allocate();
        using var served = Serve();
        using var client = served.Connect();
        client.Map(Iova, MemorySize, memory.File);
        Enable(client);
        Assert.Equal(Errno.None, SetState(client, VFIO_DEVICE_STATE_STOP));
        Assert.Equal(Errno.EINVAL, client.Ask(VfioUserCommand.VFIO_USER_REGION_WRITE, WireClient.WriteOf(0, 0x14, 4, 0)).Error);
        Assert.Equal(0x00460001UL, client.Read(0, 0x14, 4));
        client.Write(7, 0x3c, 1, 11); // configuration space is the client's
        Assert.Equal(Errno.None, SetState(client, VFIO_DEVICE_STATE_RUNNING));
        Identify(client, memory, slot: 0);
    }

    [Fact]
    public void Reset_OfAStoppedController_LetsItRun()
    {
        using var memory = Allocate();
        using var served = Serve();
        using var client = served.Connect();
        client.Map(Iova, MemorySize, memory.File);
        Assert.Equal(Errno.None, SetState(client, VFIO_DEVICE_STATE_STOP_COPY));
        Assert.Equal(Errno.None, client.Ask(VfioUserCommand.VFIO_USER_DEVICE_RESET, []).Error);
        Assert.Equal(VFIO_DEVICE_STATE_RUNNING, GetState(client));
        Assert.Equal(Errno.EINVAL, Read(client, 4096).Error);
        Enable(client);
        Identify(client, memory, slot: 0);
    }

    [Theory]
    [InlineData("mark")]
    [InlineData("total")]
    [InlineData("offset")]
    [InlineData("length")]
    [InlineData("kind")]
    [InlineData("model")]
    public void Write_OfWhatIsNoState_IsERRORWithASentence(string what)
    {
        using var served = Serve();
        using var client = served.Connect();
        SetState(client, VFIO_DEVICE_STATE_STOP_COPY);
        var stream = ReadAll(client, VFIO_DEVICE_STATE_STOP_COPY, 1 << 20);
        var at = what switch { "mark" => 0, "total" => 7, "offset" => 8, "length" => 15, "kind" => 16 + 20, _ => stream.AsSpan().IndexOf("NVMe"u8) };
        stream[at] ^= 0x55;
        Assert.Equal(Errno.None, SetState(client, VFIO_DEVICE_STATE_RESUMING));
        Assert.Equal(Errno.EINVAL, Write(client, stream));
        Assert.Equal(VFIO_DEVICE_STATE_ERROR, GetState(client));
        Assert.Contains(served.Recorder.Refusals, sentence => sentence.StartsWith("migration: ", StringComparison.Ordinal) && sentence.EndsWith('.'));
        Assert.Equal(Errno.EINVAL, SetState(client, VFIO_DEVICE_STATE_STOP));
        Assert.Equal(Errno.None, client.Ask(VfioUserCommand.VFIO_USER_DEVICE_RESET, []).Error);
        Assert.Equal(VFIO_DEVICE_STATE_RUNNING, GetState(client));
    }

    [Fact]
    public void Write_OfAnotherModelsState_IsERROR()
    {
        using var first = Serve(length: 2 << 20);
        using var client = first.Connect();
        SetState(client, VFIO_DEVICE_STATE_STOP_COPY);
        var stream = ReadAll(client, VFIO_DEVICE_STATE_STOP_COPY, 1 << 20);
        using var second = Serve();
        using var other = second.Connect();
        SetState(other, VFIO_DEVICE_STATE_RESUMING);
        Assert.Equal(Errno.EINVAL, Write(other, stream));
        Assert.Contains(second.Recorder.Refusals, sentence => sentence.Contains("another size", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(-1)]
    public void Resume_FromPartOfAState_IsERROR(int length)
    {
        using var served = Serve();
        using var client = served.Connect();
        SetState(client, VFIO_DEVICE_STATE_STOP_COPY);
        var stream = ReadAll(client, VFIO_DEVICE_STATE_STOP_COPY, 1 << 20);
        SetState(client, VFIO_DEVICE_STATE_RESUMING);
        Assert.Equal(Errno.None, Write(client, stream[..(length < 0 ? stream.Length + length : length)]));
        Assert.Equal(Errno.EINVAL, SetState(client, VFIO_DEVICE_STATE_STOP));
        Assert.Equal(VFIO_DEVICE_STATE_ERROR, GetState(client));
    }

    [Fact]
    public void Disconnect_WhileStopped_LeavesItStopped()
    {
        using var served = Serve();
        foreach (var (state, left) in (ReadOnlySpan<(VfioDeviceMigState, VfioDeviceMigState)>)
            [
                (VFIO_DEVICE_STATE_PRE_COPY, VFIO_DEVICE_STATE_RUNNING),
                (VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_STOP),
                (VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_STOP),
                (VFIO_DEVICE_STATE_RESUMING, VFIO_DEVICE_STATE_ERROR),
            ])
        {
            using (var client = served.Connect())
            {
                Assert.Equal(Errno.None, SetState(client, state));
            }

            served.Recorder.WaitUntilGone();
            using var next = served.Connect();
            Assert.Equal(left, GetState(next));
            Assert.Equal(Errno.EINVAL, Read(next, 4096).Error);
            next.Dispose();
            served.Recorder.WaitUntilGone();
        }
    }

    [Fact]
    public void Read_WhereNothingIsSaved_IsEINVAL()
    {
        using var served = Serve();
        using var client = served.Connect();
        Assert.Equal(Errno.EINVAL, Read(client, 4096).Error);
        Assert.Equal(Errno.EINVAL, Write(client, new byte[8]));
        SetState(client, VFIO_DEVICE_STATE_STOP_COPY);
        Assert.Equal(Errno.EINVAL, Write(client, new byte[8]));
        Assert.Equal(Errno.EINVAL, Read(client, 16).Error); // no room for a record
        Assert.Equal(Errno.EINVAL, Read(client, (1 << 20) + 1).Error);
        Assert.Equal(Errno.EINVAL, Read(client, 4096, argSz: 4096).Error);
        Assert.Equal(Errno.None, Read(client, 4096).Error);
    }

    [Theory]
    [InlineData(Get | MigrationId, Errno.None)]
    [InlineData(Probe | Get | MigrationId, Errno.None)]
    [InlineData(Set | MigrationId, Errno.EINVAL)]
    [InlineData(Probe | Get | Set | StateId, Errno.None)]
    [InlineData(Get | StateId, Errno.None)]
    [InlineData(Set | StateId, Errno.EINVAL)] // without data
    [InlineData(StateId, Errno.EINVAL)]
    [InlineData(Get | 9, Errno.ENOTTY)]
    public void Feature_OfMigration_TakesItsOwnOperations(uint flags, Errno expected)
    {
        using var served = Serve();
        using var client = served.Connect();
        Assert.Equal(expected, Feature(client, flags).Error);
    }

    [Fact]
    public void Feature_OfMigration_OffersStopCopyAndPreCopy()
    {
        using var served = Serve();
        using var client = served.Connect();
        Assert.Equal(5UL, Feature(client, Get | MigrationId).As<ulong>(8));
    }

    [Theory]
    [InlineData(false)] // edu
    [InlineData(true)] // whose disk is this process's memory
    public void Feature_OfADeviceThatCannotMove_IsENOTTY(bool hasState)
    {
        using var served = hasState ? new Served(create: services => Controller(services, new RamStorage(1 << 20))) : new Served();
        using var client = served.Connect();
        Assert.Equal(Errno.ENOTTY, Feature(client, Get | MigrationId).Error);
        Assert.Equal(Errno.ENOTTY, Feature(client, Get | StateId).Error);
        Assert.Equal(Errno.EOPNOTSUPP, Read(client, 4096).Error);
        Assert.Equal(Errno.EOPNOTSUPP, Write(client, new byte[8]));
    }

    private static Served Serve(ulong length = 1 << 20)
        => new(create: services => Controller(services, Image(length)));

    // It needs no name once it is open.
    private static FileStorage Image(ulong length)
    {
        var path = Path.GetTempFileName();
        File.Delete(path);
        Assert.False(FileStorage.Create(path, length, out var storage).IsError);
        File.Delete(path);
        return storage!;
    }

    private static NvmeFunction Controller(PciServices services, NvmeStorage storage)
        => new(services, new NvmeOptions { Serial = "migration" }, [storage]);

    private static MemoryMapping Allocate()
    {
        Assert.False(MemoryMapping.Allocate(MemorySize, HugePageSize.None, out var memory).IsError);
        return memory!;
    }
}
