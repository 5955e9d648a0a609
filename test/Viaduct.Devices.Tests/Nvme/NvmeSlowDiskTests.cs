using Viaduct.Devices.Nvme.Storage;
using Viaduct.Devices.Tests.Infrastructure;
using Viaduct.Pci.Hardware;
using static Viaduct.Devices.Tests.Infrastructure.NvmeHost;

namespace Viaduct.Devices.Tests.Nvme;

/// <summary>A disk that has to be waited for, or does not answer. What a test does while the disk hangs, it does within the disk's call.</summary>
public sealed class NvmeSlowDiskTests : IDisposable
{
    private const byte Compare = 0x05;
    private const byte Verify = 0x0c;
    private const int AbortRequested = 0x007;
    private const int AbortedByDeletion = 0x008;

    private readonly SlowStorage _disk = new(1 << 20) { IsCold = true };
    private readonly SlowStorage _other = new(1 << 20) { IsCold = true };
    private readonly NvmeHost _nvme;
    private readonly NvmeQueue _queue;
    private readonly NvmeQueue _second;

    public NvmeSlowDiskTests()
    {
        _nvme = new NvmeHost(_disk, _other);
        _nvme.Enable();
        _queue = _nvme.AddQueue(1, entries: 64);
        _second = _nvme.AddQueue(2, entries: 64);
    }

    public void Dispose()
    {
        _disk.Dispose();
        _other.Dispose();
    }

    [Theory]
    [InlineData(1, Data, 0)]
    [InlineData(16, Data, Data + 0x5000)]
    public void Data_OfAColdDisk_GoesByTheBackground(int blocks, ulong prp1, ulong prp2)
    {
        new Random(blocks).NextBytes(_nvme.Host.At(Data, 0x8000));
        var before = _nvme.Host.At(Data, 0x8000).ToArray();
        var write = _queue.Submit(NvmeEntry.Write(8, blocks, prp1, prp2));
        _nvme.RunEngine();
        Assert.False(_queue.TryTake(out _));

        // The data was taken when the command was fetched.
        _nvme.Host.At(Data, 0x8000).Clear();
        _nvme.Run();
        Assert.True(_queue.TryTake(out var reply));
        Assert.Equal((write, 0, 1), (reply.Identifier, reply.Status, _disk.Writes));
        Assert.Equal(0, _queue.Do(NvmeEntry.Read(8, blocks, prp1, prp2)).Status);
        var first = Math.Min(blocks * 512, 4096);
        Assert.True(_nvme.Host.At(prp1, first).SequenceEqual(before.AsSpan(0, first)));
        Assert.True(_nvme.Host.At(Data + 0x5000, (blocks * 512) - first).SequenceEqual(before.AsSpan(0x5000, (blocks * 512) - first)));
        Assert.Equal(0, _queue.Do(NvmeEntry.OfBlocks(Compare, 8, blocks, prp1, prp2)).Status);
        Assert.Equal(0, _queue.Do(NvmeEntry.OfBlocks(Verify, 8, blocks)).Status);
        _nvme.Host.At(prp1, 1)[0] ^= 1;
        Assert.Equal(0x285, _queue.Do(NvmeEntry.OfBlocks(Compare, 8, blocks, prp1, prp2)).Status);
    }

    [Fact]
    public void Data_OfADiskThatFails_IsAnError()
    {
        _disk.Outcome = StorageResult.Failed;
        Assert.Equal(0x281, _queue.Do(NvmeEntry.Read(0, 1, Data)).Status);
        Assert.Equal(0x280, _queue.Do(NvmeEntry.Write(0, 1, Data)).Status);
        Assert.Equal(0x281, _queue.Do(NvmeEntry.OfBlocks(Compare, 0, 1, Data)).Status);
        Assert.Equal(0x281, _queue.Do(NvmeEntry.OfBlocks(Verify, 0, 1)).Status);
        _disk.Outcome = StorageResult.NoSpace;
        Assert.Equal(0x081, _queue.Do(NvmeEntry.Write(0, 1, Data)).Status);
    }

    [Fact]
    public void Data_HostMemoryIsGoneWhenItComes_IsATransferError()
    {
        const ulong Window = 0x7000_0000;
        _nvme.Map(Window, 4096, Viaduct.Iommu.DmaAccess.Write);
        _disk.Waiting = _ => _nvme.Host.Space.Unmap(Window);
        Assert.Equal(0x004, _queue.Do(NvmeEntry.Read(0, 1, Window)).Status);
    }

    [Fact]
    public void Write_Forced_IsWrittenAndThenSynchronised()
    {
        var calls = new List<string>();
        _disk.Waiting = calls.Add;
        var write = NvmeEntry.Write(0, 1, Data);
        Assert.Equal(0, _queue.Do(write with { Dword12 = write.Dword12 | (1u << 30) }).Status);
        Assert.Equal(["write", "flush"], calls);
    }

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x02)]
    [InlineData(0x08)]
    [InlineData(0x00)]
    public void Disk_Hangs_OtherQueuesAndTheAdminQueueGoOn(byte opcode)
    {
        var wentOn = 0;
        WhileItHangs(() =>
        {
            Assert.Equal(0, _second.Do(NvmeEntry.Read(0, 1, Data + 0x1000) with { Nsid = 2 }).Status);
            Assert.Equal(0, _second.Do(NvmeEntry.Read(0, 1, Data + 0x1000)).Status);
            Assert.Equal(0, _queue.Do(NvmeEntry.Write(9, 1, Data + 0x1000)).Status);
            Assert.Equal(0, _nvme.Command(0x06, prp1: Data + 0x2000, dword10: 1).Status);
            wentOn++;
        });
        var hanging = _queue.Submit(NvmeEntry.OfBlocks(opcode, 0, 1, Data));
        _nvme.Run();
        Assert.True(_queue.TryTake(out var reply));
        Assert.Equal((hanging, 0, 1), (reply.Identifier, reply.Status, wentOn));
    }

    [Fact]
    public void Disk_HangsWithAsManyAsThereCanBe_OtherDisksGoOn()
    {
        var third = _nvme.AddQueue(3);
        for (var i = 0; i < 60; i++)
        {
            _queue.Put(NvmeEntry.Write((ulong)i, 1, Data));
            _second.Put(NvmeEntry.Write(100 + (ulong)i, 1, Data));
        }

        _queue.Ring();
        _second.Ring();
        _nvme.RunEngine();
        WhileItHangs(() => Assert.Equal(0, third.Do(NvmeEntry.Read(0, 1, Data) with { Nsid = 2 }).Status));
        _nvme.Run();
        for (var i = 0; i < 60; i++)
        {
            Assert.True(_queue.TryTake(out _));
            Assert.True(_second.TryTake(out _));
        }

        Assert.Equal((120, 1), (_disk.Writes, _other.Reads));
    }

    [Fact]
    public void Disk_Hangs_FourCommandsOfItDoAtMost()
    {
        var (hanging, most) = (0, 0);
        _disk.Waiting = _ =>
        {
            most = Math.Max(most, ++hanging);
            while (_nvme.Background.RunOne())
            {
            }

            hanging--;
        };
        SubmitWrites(6);
        _nvme.Run();
        Assert.Equal((4, 6), (most, _disk.Writes));
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(uint.MaxValue)]
    public void Format_WithAWriteUnderWay_ComesAfterIt(uint nsid)
    {
        WhileItHangs(() =>
        {
            _nvme.Admin.Submit(new NvmeEntry(0x80) { Nsid = nsid });
            _nvme.RunEngine();
            while (_nvme.Background.RunOne())
            {
            }

            Assert.Empty(_disk.Zeroed);
        });
        SubmitWrites(1);
        _nvme.Run();
        Assert.Single(_disk.Zeroed);
        Assert.True(_nvme.Admin.TryTake(out var reply));
        Assert.Equal(0, reply.Status);
    }

    [Fact]
    public void Disable_WithAWriteUnderWay_IsDoneAfterIt()
    {
        WhileItHangs(() =>
        {
            _nvme.Function.WriteBar(0, 0x14, 4, 0);
            _nvme.RunEngine();
            Assert.Equal(1u, _nvme.Status);
        });
        SubmitWrites(6);
        _nvme.Run();
        Assert.Equal((0u, 1), (_nvme.Status, _disk.Writes));
        Assert.False(_queue.TryTake(out _));
        Assert.Equal(0, _nvme.Start().Do(NvmeEntry.Read(0, 1, Data)).Status);
        Assert.Equal(1, _disk.Writes);
    }

    [Fact]
    public void Reset_WithAWriteUnderWay_IsNotReadyBeforeItHasEnded()
    {
        WhileItHangs(() =>
        {
            _nvme.Function.Reset(PciResetKind.Function);
            _nvme.Function.WriteConfig(4, 2, 6);
            _nvme.Function.WriteBar(0, 0x24, 4, 0x1f_001f);
            _nvme.Function.WriteBar(0, 0x28, 8, AdminSubmissions);
            _nvme.Function.WriteBar(0, 0x30, 8, AdminCompletions);
            _nvme.Function.WriteBar(0, 0x14, 4, EnableBits);
            _nvme.RunEngine();
            Assert.Equal(0u, _nvme.Status);
        });
        SubmitWrites(6);
        _nvme.Run();
        Assert.Equal((1u, 1), (_nvme.Status, _disk.Writes));
        Assert.False(_queue.TryTake(out _));
    }

    [Fact]
    public void Reset_WithAReadUnderWay_WaitsForNothingAndTheReadTouchesNoMemory()
    {
        WhileItHangs(() =>
        {
            _nvme.Function.WriteBar(0, 0x14, 4, 0);
            _nvme.RunEngine();
            Assert.Equal(0u, _nvme.Status);
            _nvme.Host.At(Data, 512).Fill(7);
            Assert.Equal(0, _nvme.Start().Do(NvmeEntry.Read(0, 1, Data + 0x1000)).Status);
        });
        _queue.Submit(NvmeEntry.Read(0, 1, Data));
        _nvme.Run();
        Assert.Equal(-1, _nvme.Host.At(Data, 512).IndexOfAnyExcept((byte)7));
        Assert.Equal(2, _disk.Reads);
        Assert.Equal(0, _nvme.Command(0x06, prp1: Data, dword10: 1).Status);
    }

    [Fact]
    public void Abort_OfACommandThatHasNotBegun_EndsIt()
    {
        var write = _queue.Submit(NvmeEntry.Write(0, 1, Data));
        _nvme.RunEngine();
        Assert.Equal(0u, _nvme.Command(0x08, dword10: ((uint)write << 16) | 1).Result);
        Assert.True(_queue.TryTake(out var aborted));
        Assert.Equal((write, AbortRequested, 0), (aborted.Identifier, aborted.Status, _disk.Writes));
    }

    [Theory]
    [InlineData(0x02, true)]
    [InlineData(0x00, true)]
    [InlineData(0x01, false)]
    public void Abort_OfACommandThatHangs_EndsWhatChangesNothing(byte opcode, bool ends)
    {
        ushort command = 0;
        WhileItHangs(() =>
        {
            Assert.Equal(ends ? 0u : 1u, _nvme.Command(0x08, dword10: ((uint)command << 16) | 1).Result);
            Assert.Equal(ends, _queue.TryTake(out var aborted));
            Assert.Equal(ends ? AbortRequested : 0, aborted.Status & (ends ? 0x7ff : 0));
        });
        command = _queue.Submit(NvmeEntry.OfBlocks(opcode, 0, 1, Data));
        _nvme.Run();
        Assert.Equal(!ends, _queue.TryTake(out _));
        Assert.Equal(0, _queue.Do(NvmeEntry.Read(0, 1, Data)).Status);
    }

    [Theory]
    [InlineData(0x02, true)]
    [InlineData(0x01, false)]
    public void Delete_OfAQueueWhoseCommandHangs_WaitsForWhatChangesTheDisk(byte opcode, bool isAtOnce)
    {
        WhileItHangs(() =>
        {
            _nvme.Admin.Submit(new NvmeEntry(0x00) { Dword10 = 1 });
            _nvme.RunEngine();
            Assert.Equal(isAtOnce, _nvme.Admin.TryTake(out _));
        });
        _queue.Submit(NvmeEntry.OfBlocks(opcode, 0, 1, Data));
        _nvme.Run();
        Assert.Equal(!isAtOnce, _nvme.Admin.TryTake(out _));
        Assert.True(_queue.TryTake(out var aborted, rings: false));
        Assert.Equal(AbortedByDeletion, aborted.Status);
        Assert.Equal(0, _nvme.AddQueue(3).Do(NvmeEntry.Read(0, 1, Data)).Status);
    }

    [Fact]
    public void Shutdown_WithAWriteUnderWay_SynchronisesAfterIt()
    {
        var calls = new List<string>();
        _disk.Waiting = call =>
        {
            calls.Add(call);
            if (call == "write")
            {
                _nvme.Function.WriteBar(0, 0x14, 4, EnableBits | (1u << 14));
                _nvme.RunEngine();
                while (_nvme.Background.RunOne())
                {
                }

                calls.Add("written");
            }
        };
        SubmitWrites(1);
        _nvme.Run();
        Assert.Equal(["write", "written", "flush"], calls);
        Assert.Equal(1u | (2 << 2), _nvme.Status);
    }

    [Fact]
    public void Pause_WithAReadUnderWay_IsNotYet()
    {
        WhileItHangs(() => Assert.False(_nvme.Function.TryPause()));
        _queue.Submit(NvmeEntry.Read(0, 1, Data));
        _nvme.Run();
        Assert.True(_nvme.Function.TryPause());
        Assert.False(_queue.TryTake(out _));
        _nvme.Function.Resume();
        _nvme.Run();
        Assert.True(_queue.TryTake(out _));
        Assert.Equal(1, _disk.Reads);
    }

    private void SubmitWrites(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _queue.Put(NvmeEntry.Write((ulong)i, 1, Data));
        }

        _queue.Ring();
    }

    /// <summary>Does something within the next call of the disk.</summary>
    private void WhileItHangs(Action action) => _disk.Waiting = _ =>
    {
        _disk.Waiting = null;
        action();
    };
}
