using Viaduct.Devices.Nvme;
using Viaduct.Devices.Nvme.Storage;
using Viaduct.Devices.Tests.Infrastructure;
using Viaduct.Iommu;

namespace Viaduct.Devices.Tests.Nvme;

/// <summary>Making, deleting, serving queues; interrupts; doorbells.</summary>
public sealed class NvmeQueueTests
{
    private const int PrpOffsetInvalid = 0x013;
    private const ulong Memory = Host.MemoryAddress + 0x4_0000;

    private readonly NvmeHost _nvme = new(new NvmeOptions { Serial = "S", Queues = 4 }, new RamStorage(1 << 20));

    [Theory]
    [InlineData(0u, 15u, 1u, 0x101)]
    [InlineData(5u, 15u, 1u, 0x101)]
    [InlineData(1u, 15u, 1u, 0x101)]
    [InlineData(2u, 0u, 1u, 0x102)]
    [InlineData(2u, 4096u, 1u, 0x102)]
    [InlineData(2u, 15u, 0u, 0x002)]
    [InlineData(2u, 15u, 3u | (1u << 16), 0x108)]
    [InlineData(2u, 4095u, 1u, 0x000)]
    public void CreateCompletions_Checks_GiveTheirStatus(uint id, uint size, uint dword11, int status)
    {
        _nvme.Start();
        Assert.Equal(status, _nvme.Command(0x05, prp1: Memory, dword10: (size << 16) | id, dword11: dword11).Status);
    }

    [Fact]
    public void CreateCompletions_NotOnAPage_IsPrpOffsetInvalid()
    {
        _nvme.Start();
        Assert.Equal(0x013, _nvme.Command(0x05, prp1: Memory + 64, dword10: 0xf0002, dword11: 1).Status);
    }

    [Fact]
    public void CreateCompletions_VectorsWithMsix_AreThoseOfTheTable()
    {
        _nvme.EnableMsix();
        _nvme.Start();
        Assert.Equal(0x108, _nvme.Command(0x05, prp1: Memory, dword10: 0xf0002, dword11: 3 | (5 << 16)).Status);
        Assert.Equal(0, _nvme.Command(0x05, prp1: Memory, dword10: 0xf0002, dword11: 3 | (4 << 16)).Status);
    }

    [Theory]
    [InlineData(0u, 15u, 1u | (1u << 16), 0x101)]
    [InlineData(5u, 15u, 1u | (1u << 16), 0x101)]
    [InlineData(1u, 15u, 1u | (1u << 16), 0x101)]
    [InlineData(2u, 15u, 1u, 0x101)]
    [InlineData(2u, 15u, 1u | (5u << 16), 0x101)]
    [InlineData(2u, 15u, 1u | (3u << 16), 0x100)]
    [InlineData(2u, 0u, 1u | (1u << 16), 0x102)]
    [InlineData(2u, 15u, 1u << 16, 0x002)]
    [InlineData(2u, 15u, 1u | (1u << 16), 0x000)]
    public void CreateSubmissions_Checks_GiveTheirStatus(uint id, uint size, uint dword11, int status)
    {
        _nvme.Start();
        Assert.Equal(status, _nvme.Command(0x01, prp1: Memory, dword10: (size << 16) | id, dword11: dword11).Status);
    }

    [Fact]
    public void Delete_QueuesInUseOrMissing_GiveTheirStatus()
    {
        _nvme.Start();
        Assert.Equal(0x10c, _nvme.Command(0x04, dword10: 1).Status);
        Assert.Equal(0x101, _nvme.Command(0x04, dword10: 0).Status);
        Assert.Equal(0x101, _nvme.Command(0x00, dword10: 2).Status);
        Assert.Equal(0x101, _nvme.Command(0x00, dword10: 0).Status);
        Assert.Equal(0, _nvme.Command(0x00, dword10: 1).Status);
        Assert.Equal(0, _nvme.Command(0x04, dword10: 1).Status);
        Assert.Equal(0x101, _nvme.Command(0x04, dword10: 1).Status);
    }

    [Fact]
    public void Delete_WithCommandsInTheBackground_CompletesThemFirst()
    {
        using var disk = new SlowStorage(1 << 20);
        var nvme = new NvmeHost(disk);
        var queue = nvme.Start();
        var flush = queue.Submit(NvmeEntry.OfBlocks(0x00, 0, 1));
        nvme.RunEngine();
        var delete = nvme.Admin.Submit(new NvmeEntry(0x00) { Dword10 = 1 });
        nvme.Run();
        Assert.True(queue.TryTake(out var aborted, rings: false));
        Assert.Equal((flush, 0x008), (aborted.Identifier, aborted.Status));
        Assert.True(nvme.Admin.TryTake(out var deleted));
        Assert.Equal((delete, 0), (deleted.Identifier, deleted.Status));
        Assert.Equal(0, disk.Flushes);
    }

    [Fact]
    public void Completions_ManyRounds_TurnThePhase()
    {
        _nvme.Enable();
        var queue = _nvme.AddQueue(entries: 3);
        for (var i = 0; i < 20; i++)
        {
            var reply = queue.Do(NvmeEntry.Read(0, 1, NvmeHost.Data));
            Assert.Equal(0, reply.Status);
            Assert.Equal((i + 1) % 3, reply.SubmissionHead);
        }
    }

    [Fact]
    public void Completions_NoRoom_WaitForTheHead()
    {
        _nvme.Enable();
        var queue = _nvme.AddQueue(1, entries: 16);
        Assert.Equal(0, _nvme.Command(0x05, prp1: Memory, dword10: 0x10002, dword11: 1).Status);
        Assert.Equal(0, _nvme.Command(0x01, prp1: Memory + 0x1000, dword10: 0xf0002, dword11: 1 | (2 << 16)).Status);
        for (ushort i = 0; i < 3; i++)
        {
            NvmeEntry.Read(0, 1, NvmeHost.Data).Put(_nvme.Host.At(Memory + 0x1000 + (64UL * i), 64), i);
        }

        _nvme.Function.WriteBar(0, 0x1010, 4, 3);
        _nvme.Run();

        // Two entries hold one completion. The other queue goes on.
        Assert.Equal(0, _nvme.Host.At(Memory + 12, 1)[0]);
        Assert.Equal(1, _nvme.Host.At(Memory + 14, 1)[0] & 1);
        Assert.Equal(0, _nvme.Host.At(Memory + 30, 1)[0] & 1);
        Assert.Equal(0, queue.Do(NvmeEntry.Read(0, 1, NvmeHost.Data)).Status);
        _nvme.Function.WriteBar(0, 0x1014, 4, 1);
        _nvme.Run();
        Assert.Equal(1, _nvme.Host.At(Memory + 28, 1)[0]);
        Assert.Equal(1, _nvme.Host.At(Memory + 30, 1)[0] & 1);
    }

    [Fact]
    public void Queues_Several_TakeTurns()
    {
        _nvme.Enable();
        var first = _nvme.AddQueue(1, 64);
        var second = _nvme.AddQueue(2, 64);
        for (var i = 0; i < 40; i++)
        {
            first.Put(NvmeEntry.Read(0, 1, NvmeHost.Data));
        }

        second.Put(NvmeEntry.Read(0, 1, NvmeHost.Data));
        var order = new List<ulong>();
        _nvme.Host.Memory.Accessing = (offset, length, isWrite) =>
        {
            if (isWrite && length == 12)
            {
                order.Add(offset);
            }
        };
        first.Ring();
        second.Ring();
        _nvme.Run();
        Assert.Equal(41, order.Count);
        Assert.Equal(8, order.FindIndex(offset => offset >= second.Completions - Host.MemoryAddress));
    }

    [Fact]
    public void SubmissionQueue_Unreachable_StopsOnlyItself()
    {
        _nvme.Enable();
        var queue = _nvme.AddQueue(1);
        Assert.Equal(0, _nvme.Command(0x05, prp1: Memory, dword10: 0xf0002, dword11: 1).Status);
        Assert.Equal(0, _nvme.Command(0x01, prp1: 0x7000_0000, dword10: 0xf0002, dword11: 1 | (2 << 16)).Status);
        var request = _nvme.Admin.Submit(new NvmeEntry(0x0c));
        _nvme.Function.WriteBar(0, 0x1010, 4, 1);
        _nvme.Run();
        Assert.True(_nvme.Admin.TryTake(out var happened));
        Assert.Equal((request, 0x01_03_00u), (happened.Identifier, happened.Result));
        Assert.Equal(0, queue.Do(NvmeEntry.Read(0, 1, NvmeHost.Data)).Status);
    }

    [Fact]
    public void CompletionQueue_NotWritable_StopsOnlyItself()
    {
        _nvme.Enable();
        var queue = _nvme.AddQueue(1);
        _nvme.Map(0x7000_0000, 0x1000, DmaAccess.Read);
        Assert.Equal(0, _nvme.Command(0x05, prp1: 0x7000_0000, dword10: 0xf0002, dword11: 1).Status);
        Assert.Equal(0, _nvme.Command(0x01, prp1: Memory, dword10: 0xf0002, dword11: 1 | (2 << 16)).Status);
        NvmeEntry.Read(0, 1, NvmeHost.Data).Put(_nvme.Host.At(Memory, 64), 1);
        _nvme.Function.WriteBar(0, 0x1010, 4, 1);
        _nvme.Run();
        Assert.Equal(1u, _nvme.Status);
        Assert.Equal(0, queue.Do(NvmeEntry.Read(0, 1, NvmeHost.Data)).Status);
    }

    [Theory]
    [InlineData(0x1018UL, 1u, 0x01_00_00u)]
    [InlineData(0x101cUL, 1u, 0x01_00_00u)]
    [InlineData(0x1200UL, 1u, 0x01_00_00u)]
    [InlineData(0x1008UL, 16u, 0x01_01_00u)]
    [InlineData(0x100cUL, 16u, 0x01_01_00u)]
    [InlineData(0x100cUL, 1u, 0x01_01_00u)]
    public void Doorbell_Invalid_IsAnEventAndAnError(ulong at, uint value, uint expected)
    {
        var queue = _nvme.Start();
        _nvme.Admin.Submit(new NvmeEntry(0x0c));
        _nvme.Run();
        _nvme.Function.WriteBar(0, at, 4, value);
        _nvme.Run();
        Assert.True(_nvme.Admin.TryTake(out var happened));
        Assert.Equal(expected, happened.Result);
        Assert.Equal(0, queue.Do(NvmeEntry.Read(0, 1, NvmeHost.Data)).Status);
        Assert.NotEmpty(_nvme.Host.Mistakes.Mistakes);
    }

    [Fact]
    public void Interrupts_WithMsix_AreTheVectorsOfTheQueues()
    {
        _nvme.EnableMsix();
        _nvme.Enable();
        var queue = _nvme.AddQueue(2, vector: 3);
        var before = _nvme.Host.Interrupts.Messages;
        Assert.Equal(0, _nvme.Host.Interrupts.LastVector);
        queue.Do(NvmeEntry.Read(0, 1, NvmeHost.Data));
        Assert.Equal(3, _nvme.Host.Interrupts.LastVector);
        Assert.Equal(before + 1, _nvme.Host.Interrupts.Messages);
        Assert.False(_nvme.Host.Interrupts.Intx);
    }

    [Fact]
    public void Interrupts_QueueWithout_SendsNone()
    {
        _nvme.EnableMsix();
        _nvme.Enable();
        var queue = _nvme.AddQueue(2);
        var before = _nvme.Host.Interrupts.Messages;
        queue.Do(NvmeEntry.Read(0, 1, NvmeHost.Data));
        Assert.Equal(before, _nvme.Host.Interrupts.Messages);
    }

    [Fact]
    public void Pages_Of64Kibibytes_HoldQueuesAndData()
    {
        _nvme.Enable(NvmeHost.EnableBits | (4 << 7));
        Assert.Equal(0x013, _nvme.Command(0x05, prp1: Memory + 0x1000, dword10: 0xf0001, dword11: 1).Status);
        Assert.Equal(0, _nvme.Command(0x05, prp1: Memory, dword10: 0xf0001, dword11: 1).Status);
        Assert.Equal(0, _nvme.Command(0x01, prp1: Memory + 0x1_0000, dword10: 0xf0001, dword11: 1 | (1 << 16)).Status);
        _nvme.Host.At(NvmeHost.Data, 0x2_0000).Fill(0x77);
        NvmeEntry.Read(0, 256, NvmeHost.Data + 0x8000, NvmeHost.Data + 0x1_0000).Put(_nvme.Host.At(Memory + 0x1_0000, 64), 9);
        _nvme.Function.WriteBar(0, 0x1008, 4, 1);
        _nvme.Run();
        Assert.Equal(PrpOffsetInvalid, BitConverter.ToUInt16(_nvme.Host.At(Memory + 14, 2)) >> 1 & 0x7ff);
        NvmeEntry.Read(0, 128, NvmeHost.Data + 0x8000, NvmeHost.Data + 0x1_0000).Put(_nvme.Host.At(Memory + 0x1_0040, 64), 10);
        _nvme.Function.WriteBar(0, 0x1008, 4, 2);
        _nvme.Run();
        Assert.Equal(1, BitConverter.ToUInt16(_nvme.Host.At(Memory + 30, 2)));
        Assert.Equal(0x8000, _nvme.Host.At(NvmeHost.Data, 0x2_0000).IndexOf((byte)0));
        Assert.Equal(0x8000, 0x2_0000 - 1 - _nvme.Host.At(NvmeHost.Data, 0x2_0000).LastIndexOf((byte)0));
    }

    [Fact]
    public void Intx_IsUpUntilTheHeadIsThere()
    {
        _nvme.Enable();
        var queue = _nvme.AddQueue(1, vector: 0);
        Assert.False(_nvme.Host.Interrupts.Intx);
        queue.Submit(NvmeEntry.Read(0, 1, NvmeHost.Data));
        queue.Submit(NvmeEntry.Read(0, 1, NvmeHost.Data));
        _nvme.Run();
        Assert.True(_nvme.Host.Interrupts.Intx);
        _nvme.Function.WriteBar(0, 0x0c, 4, 1);
        Assert.False(_nvme.Host.Interrupts.Intx);
        _nvme.Function.WriteBar(0, 0x10, 4, 1);
        Assert.True(_nvme.Host.Interrupts.Intx);
        Assert.True(queue.TryTake(out _));
        Assert.True(_nvme.Host.Interrupts.Intx);
        Assert.True(queue.TryTake(out _));

        // At once, before the engine has heard of it.
        Assert.False(_nvme.Host.Interrupts.Intx);
        _nvme.Run();
        Assert.False(_nvme.Host.Interrupts.Intx);
    }
}
