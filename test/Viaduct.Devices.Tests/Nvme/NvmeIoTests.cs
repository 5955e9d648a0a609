using System.Buffers.Binary;
using Viaduct.Devices.Nvme.Storage;
using Viaduct.Devices.Tests.Infrastructure;
using static Viaduct.Devices.Tests.Infrastructure.NvmeHost;

namespace Viaduct.Devices.Tests.Nvme;

/// <summary>The NVM command set, with PRPs.</summary>
public sealed class NvmeIoTests
{
    private const int LbaOutOfRange = 0x080;
    private const int InvalidField = 0x002;
    private const int PrpOffsetInvalid = 0x013;
    private const int DataTransferError = 0x004;
    private const ulong Blocks = (1 << 20) / 512;

    private readonly NvmeHost _nvme = new(new RamStorage(1 << 20));
    private readonly NvmeQueue _queue;

    public NvmeIoTests()
    {
        _queue = _nvme.Start();
        new Random(2).NextBytes(_nvme.Host.At(Data, 1 << 20));
    }

    [Fact]
    public void WriteRead_OnePage_GivesItBack()
    {
        var written = _nvme.Host.At(Data, 4096).ToArray();
        Assert.Equal(0, _queue.Do(NvmeEntry.Write(8, 8, Data)).Status);
        _nvme.Host.At(Data, 4096).Clear();
        Assert.Equal(0, _queue.Do(NvmeEntry.Read(8, 8, Data)).Status);
        Assert.True(_nvme.Host.At(Data, 4096).SequenceEqual(written));
        Assert.Empty(_nvme.Host.Mistakes.Mistakes);
    }

    [Fact]
    public void Write_OffsetAndTwoPages_TakesBoth()
    {
        Assert.Equal(0, _queue.Do(NvmeEntry.Write(0, 8, Data + 512, Data + 0x3000)).Status);
        var expected = new byte[4096];
        _nvme.Host.At(Data + 512, 3584).CopyTo(expected);
        _nvme.Host.At(Data + 0x3000, 512).CopyTo(expected.AsSpan(3584));
        AssertBlocks(0, expected);
    }

    [Fact]
    public void Write_ListsThatChain_TakesAllPages()
    {
        // 255 pages behind the first; the list begins 32 bytes before its page's end, so that it holds 3, and the next list.
        var expected = new byte[1 << 20];
        _nvme.Host.At(Data, 4096).CopyTo(expected);
        for (var i = 1; i < 256; i++)
        {
            var page = Data + (ulong)((256 - i) * 4096);
            var at = i <= 3 ? Lists + 0x1000 - 32 + ((ulong)(i - 1) * 8) : Lists + 0x2000 + ((ulong)(i - 4) * 8);
            BinaryPrimitives.WriteUInt64LittleEndian(_nvme.Host.At(at, 8), page);
            _nvme.Host.At(page, 4096).CopyTo(expected.AsSpan(i * 4096));
        }

        BinaryPrimitives.WriteUInt64LittleEndian(_nvme.Host.At(Lists + 0x1000 - 8, 8), Lists + 0x2000);
        Assert.Equal(0, _queue.Do(NvmeEntry.Write(0, 2048, Data, Lists + 0x1000 - 32)).Status);
        for (var i = 0; i < 256; i += 15)
        {
            AssertBlocks((ulong)i * 8, expected.AsSpan(i * 4096, 4096));
        }
    }

    [Fact]
    public void Prps_BadOffsets_ArePrpOffsetInvalid()
    {
        Assert.Equal(PrpOffsetInvalid, _queue.Do(NvmeEntry.Read(0, 1, Data + 2)).Status);
        Assert.Equal(PrpOffsetInvalid, _queue.Do(NvmeEntry.Read(0, 16, Data, Data + 512)).Status);
        Assert.Equal(PrpOffsetInvalid, _queue.Do(NvmeEntry.Read(0, 24, Data, Lists + 4)).Status);
        BinaryPrimitives.WriteUInt64LittleEndian(_nvme.Host.At(Lists, 8), Data + 0x1000);
        BinaryPrimitives.WriteUInt64LittleEndian(_nvme.Host.At(Lists + 8, 8), Data + 0x2200);
        Assert.Equal(PrpOffsetInvalid, _queue.Do(NvmeEntry.Read(0, 24, Data, Lists)).Status);
    }

    [Fact]
    public void Data_Unmapped_IsADataTransferErrorThatMayBeRetried()
    {
        var reply = _queue.Do(NvmeEntry.Read(0, 1, 0x7000_0000));
        Assert.Equal(DataTransferError, reply.Status);
        Assert.False(reply.DoNotRetry);
        Assert.Equal(DataTransferError, _queue.Do(NvmeEntry.Write(0, 1, 0x7000_0000)).Status);
        Assert.Equal(DataTransferError, _queue.Do(NvmeEntry.Read(0, 24, Data, 0x7000_0000)).Status);
    }

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x02)]
    [InlineData(0x05)]
    [InlineData(0x08)]
    [InlineData(0x0c)]
    public void Blocks_BeyondTheEnd_AreOutOfRange(byte opcode)
    {
        Assert.Equal(LbaOutOfRange, _queue.Do(NvmeEntry.OfBlocks(opcode, Blocks, 1, Data)).Status);
        Assert.Equal(LbaOutOfRange, _queue.Do(NvmeEntry.OfBlocks(opcode, Blocks - 1, 2, Data)).Status);
        Assert.Equal(LbaOutOfRange, _queue.Do(NvmeEntry.OfBlocks(opcode, ulong.MaxValue, 1, Data)).Status);
        Assert.Equal(0, _queue.Do(NvmeEntry.OfBlocks(0x08, Blocks - 1, 1)).Status);
    }

    [Fact]
    public void Commands_Unknown_AreRefused()
    {
        var reply = _queue.Do(new NvmeEntry(0x7f));
        Assert.Equal(1, reply.Status);
        Assert.True(reply.DoNotRetry);
        Assert.Equal(0x00b, _queue.Do(NvmeEntry.Read(0, 1, Data) with { Nsid = 2 }).Status);
        Assert.Equal(0x00b, _queue.Do(NvmeEntry.Read(0, 1, Data) with { Nsid = 0 }).Status);
        Assert.Equal(0x00b, _queue.Do(NvmeEntry.Read(0, 1, Data) with { Nsid = uint.MaxValue }).Status);
        Assert.Equal(InvalidField, _queue.Do(NvmeEntry.Read(0, 2049, Data)).Status);
        Assert.Equal(InvalidField, _queue.Do(NvmeEntry.Read(0, 1, Data) with { Flags = 1 }).Status);
        Assert.Equal(InvalidField, _queue.Do(NvmeEntry.Read(0, 1, Data) with { Flags = 0xc0 }).Status);
    }

    [Fact]
    public void Compare_SameAndOther_TellsThemApart()
    {
        Assert.Equal(0, _queue.Do(NvmeEntry.Write(0, 8, Data)).Status);
        Assert.Equal(0, _queue.Do(NvmeEntry.OfBlocks(0x05, 0, 8, Data)).Status);
        _nvme.Host.At(Data, 4096)[4095] ^= 1;
        Assert.Equal(0x285, _queue.Do(NvmeEntry.OfBlocks(0x05, 0, 8, Data)).Status);
    }

    [Fact]
    public void WriteZeroes_MakesZeroes()
    {
        Assert.Equal(0, _queue.Do(NvmeEntry.Write(0, 8, Data)).Status);
        Assert.Equal(0, _queue.Do(NvmeEntry.OfBlocks(0x08, 2, 3)).Status);
        var expected = _nvme.Host.At(Data, 4096).ToArray();
        expected.AsSpan(1024, 1536).Clear();
        AssertBlocks(0, expected);
    }

    [Fact]
    public void Deallocate_Ranges_ReadAsZeroes()
    {
        Assert.Equal(0, _queue.Do(NvmeEntry.Write(0, 8, Data)).Status);
        var expected = _nvme.Host.At(Data, 4096).ToArray();
        Put(0, 1, 1);
        Put(1, 6, 2);
        Assert.Equal(0, _queue.Do(new NvmeEntry(0x09) { Prp1 = Lists, Dword10 = 1, Dword11 = 0 }).Status);
        AssertBlocks(0, expected);
        Assert.Equal(0, _queue.Do(new NvmeEntry(0x09) { Prp1 = Lists, Dword10 = 1, Dword11 = 4 }).Status);
        expected.AsSpan(512, 512).Clear();
        expected.AsSpan(3072, 1024).Clear();
        AssertBlocks(0, expected);
        Put(1, Blocks, 1);
        Assert.Equal(LbaOutOfRange, _queue.Do(new NvmeEntry(0x09) { Prp1 = Lists, Dword10 = 1, Dword11 = 4 }).Status);
    }

    [Fact]
    public void Verify_UpToItsLimit_Succeeds()
    {
        Assert.Equal(0, _queue.Do(NvmeEntry.OfBlocks(0x0c, 0, 2048)).Status);
        var large = new NvmeHost(new RamStorage(4 << 20));
        Assert.Equal(InvalidField, large.Start().Do(NvmeEntry.OfBlocks(0x0c, 0, 2049)).Status);
    }

    [Fact]
    public void ReadOnly_Changes_AreWriteProtected()
    {
        using var disk = new SlowStorage(1 << 20, isReadOnly: true);
        var nvme = new NvmeHost(disk);
        var queue = nvme.Start();
        Assert.Equal(0x020, queue.Do(NvmeEntry.Write(0, 1, Data)).Status);
        Assert.Equal(0x020, queue.Do(NvmeEntry.OfBlocks(0x08, 0, 1)).Status);
        Assert.Equal(0x020, queue.Do(new NvmeEntry(0x09) { Prp1 = Lists, Dword11 = 4 }).Status);
        Assert.Equal(0x020, nvme.Command(0x80, nsid: 1).Status);
        Assert.Equal(0, queue.Do(NvmeEntry.Read(0, 1, Data)).Status);
        Assert.Equal(0, queue.Do(NvmeEntry.OfBlocks(0x00, 0, 1)).Status);
        Assert.Equal(1, nvme.Identify(0, 1)[99]);
        Assert.Equal(0, disk.Writes);
    }

    [Fact]
    public void Storage_Fails_GivesMediaErrors()
    {
        using var disk = new SlowStorage(1 << 20);
        var nvme = new NvmeHost(disk);
        var queue = nvme.Start();
        disk.Outcome = StorageResult.Failed;
        Assert.Equal(0x281, queue.Do(NvmeEntry.Read(0, 1, Data)).Status);
        Assert.Equal(0x280, queue.Do(NvmeEntry.Write(0, 1, Data)).Status);
        Assert.Equal(0x280, queue.Do(NvmeEntry.OfBlocks(0x00, 0, 1)).Status);
        disk.Outcome = StorageResult.NoSpace;
        Assert.Equal(0x081, queue.Do(NvmeEntry.Write(0, 1, Data)).Status);
        Assert.Equal(0x081, queue.Do(NvmeEntry.OfBlocks(0x08, 0, 1)).Status);
        Assert.Equal(0, nvme.Command(0x02, uint.MaxValue, Data, (127u << 16) | 2).Status);
        Assert.Equal(3UL, Word64(nvme.Host.At(Data, 512), 160));
        Assert.Equal(4, nvme.Host.At(Data, 1)[0]);
    }

    [Fact]
    public void Flush_GoesToTheBackgroundAndOthersGoOn()
    {
        using var disk = new SlowStorage(1 << 20);
        var nvme = new NvmeHost(disk);
        var queue = nvme.Start();
        var flush = queue.Submit(NvmeEntry.OfBlocks(0x00, 0, 1));
        nvme.RunEngine();
        Assert.False(queue.TryTake(out _));
        var read = queue.Submit(NvmeEntry.Read(0, 1, Data));
        nvme.RunEngine();
        Assert.True(queue.TryTake(out var first));
        Assert.Equal(read, first.Identifier);
        nvme.Run();
        Assert.True(queue.TryTake(out var second));
        Assert.Equal(flush, second.Identifier);
        Assert.Equal(1, disk.Flushes);
    }

    [Fact]
    public void Flush_SeveralThatWait_ShareASync()
    {
        using var disk = new SlowStorage(1 << 20);
        var nvme = new NvmeHost(disk);
        var queue = nvme.Start();
        for (var i = 0; i < 5; i++)
        {
            queue.Submit(NvmeEntry.OfBlocks(0x00, 0, 1));
        }

        nvme.Run();
        Assert.Equal(1, disk.Flushes);
        for (var i = 0; i < 5; i++)
        {
            Assert.True(queue.TryTake(out var reply));
            Assert.Equal(0, reply.Status);
        }

        Assert.Equal(0, queue.Do(NvmeEntry.OfBlocks(0x00, 0, 1) with { Nsid = uint.MaxValue }).Status);
        Assert.Equal(2, disk.Flushes);
    }

    [Fact]
    public void Write_ForcedOrWithoutCache_EndsWithASync()
    {
        using var disk = new SlowStorage(1 << 20);
        var nvme = new NvmeHost(disk);
        var queue = nvme.Start();
        queue.Do(NvmeEntry.Write(0, 1, Data));
        Assert.Equal(0, disk.Flushes);
        var write = NvmeEntry.Write(0, 1, Data);
        queue.Do(write with { Dword12 = write.Dword12 | (1u << 30) });
        Assert.Equal(1, disk.Flushes);
        Assert.Equal(0, nvme.Command(0x09, dword10: 6, dword11: 0).Status);
        queue.Do(NvmeEntry.Write(0, 1, Data));
        Assert.Equal(2, disk.Flushes);
    }

    [Fact]
    public void WriteZeroes_Slow_GoesInPieces()
    {
        using var disk = new SlowStorage(64 << 20);
        var nvme = new NvmeHost(disk);
        var queue = nvme.Start();
        Assert.Equal(0, queue.Do(NvmeEntry.OfBlocks(0x08, 8, 32768)).Status);
        Assert.Equal([(4096UL, 8UL << 20, false), (4096 + (8UL << 20), 8UL << 20, false)], disk.Zeroed);
        disk.Zeroed.Clear();
        var zeroes = NvmeEntry.OfBlocks(0x08, 0, 32768);
        Assert.Equal(0, queue.Do(zeroes with { Dword12 = zeroes.Dword12 | (1 << 25) }).Status);
        Assert.Equal([(0UL, 16UL << 20, true)], disk.Zeroed);
    }

    [Fact]
    public void Read_ManyPiecesOfAFile_AsksItOnce()
    {
        using var disk = new SlowStorage(1 << 20);
        var nvme = new NvmeHost(disk);
        var queue = nvme.Start();
        Assert.Equal(0, queue.Do(NvmeEntry.Read(0, 16, Data, Data + 0x4000)).Status);
        Assert.Equal(1, disk.Reads);
    }

    [Fact]
    public void Background_Full_CommandsWaitAndComplete()
    {
        using var disk = new SlowStorage(1 << 20);
        var nvme = new NvmeHost(disk);
        nvme.Enable();
        var queue = nvme.AddQueue(entries: 64);
        var other = nvme.AddQueue(2, entries: 64);
        for (var i = 0; i < 60; i++)
        {
            queue.Put(NvmeEntry.OfBlocks(0x00, 0, 1));
            other.Put(NvmeEntry.OfBlocks(0x00, 0, 1));
        }

        queue.Ring();
        other.Ring();
        nvme.RunEngine();
        Assert.Equal(2, nvme.Background.Waiting);
        nvme.Run();
        for (var i = 0; i < 60; i++)
        {
            Assert.True(queue.TryTake(out _));
            Assert.True(other.TryTake(out _));
        }
    }

    private void Put(int range, ulong block, uint blocks)
    {
        var bytes = _nvme.Host.At(Lists + ((ulong)range * 16), 16);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], blocks);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], block);
    }

    private void AssertBlocks(ulong block, ReadOnlySpan<byte> expected)
    {
        var target = Host.MemoryAddress + (3 << 20);
        Assert.Equal(0, _queue.Do(NvmeEntry.Read(block, expected.Length / 512, target)).Status);
        Assert.True(_nvme.Host.At(target, expected.Length).SequenceEqual(expected));
    }
}
