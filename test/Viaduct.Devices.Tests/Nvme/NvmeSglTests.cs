using System.Buffers.Binary;
using Viaduct.Devices.Tests.Infrastructure;
using static Viaduct.Devices.Tests.Infrastructure.NvmeHost;

namespace Viaduct.Devices.Tests.Nvme;

/// <summary>Data that scatter gather lists describe.</summary>
public sealed class NvmeSglTests
{
    private const byte Sgl = 0x40;
    private const byte DataBlock = 0x00;
    private const byte BitBucket = 0x10;
    private const byte Segment = 0x20;
    private const byte LastSegment = 0x30;

    private readonly NvmeHost _nvme = new();
    private readonly NvmeQueue _queue;

    public NvmeSglTests()
    {
        _queue = _nvme.Start();
        new Random(1).NextBytes(_nvme.Host.At(Data, 1 << 20));
    }

    [Fact]
    public void Write_OneDataBlock_WritesIt()
    {
        Assert.Equal(0, Do(0x01, 0, 8, Data + 3, 4096, DataBlock));
        AssertBlocks(0, _nvme.Host.At(Data + 3, 4096));
    }

    [Fact]
    public void Write_LastSegment_GathersItsPieces()
    {
        Put(Lists, 0, Data, 200 << 10, DataBlock);
        Put(Lists, 1, Data + (300 << 10), 300 << 10, DataBlock);
        Put(Lists, 2, Data + (700 << 10), 12 << 10, DataBlock);
        Assert.Equal(0, Do(0x01, 0, 1024, Lists, 48, LastSegment));
        AssertBlocks(0, _nvme.Host.At(Data, 200 << 10));
        AssertBlocks(400, _nvme.Host.At(Data + (300 << 10), 300 << 10));
        AssertBlocks(1000, _nvme.Host.At(Data + (700 << 10), 12 << 10));
    }

    [Fact]
    public void Read_SegmentsThatChain_ScattersIntoAll()
    {
        Assert.Equal(0, Do(0x01, 0, 16, Data, 8192, DataBlock));
        var expected = _nvme.Host.At(Data, 8192).ToArray();
        Put(Lists, 0, Data + 0x10000, 4096, DataBlock);
        Put(Lists, 1, Lists + 0x1000, 32, Segment);
        Put(Lists + 0x1000, 0, Data + 0x20000, 1024, DataBlock);
        Put(Lists + 0x1000, 1, Lists + 0x2000, 32, LastSegment);
        Put(Lists + 0x2000, 0, 0, 0, DataBlock);
        Put(Lists + 0x2000, 1, Data + 0x30000, 1 << 20, DataBlock);
        Assert.Equal(0, Do(0x02, 0, 16, Lists, 32, Segment));
        Assert.True(_nvme.Host.At(Data + 0x10000, 4096).SequenceEqual(expected.AsSpan(0, 4096)));
        Assert.True(_nvme.Host.At(Data + 0x20000, 1024).SequenceEqual(expected.AsSpan(4096, 1024)));
        Assert.True(_nvme.Host.At(Data + 0x30000, 3072).SequenceEqual(expected.AsSpan(5120)));
    }

    [Fact]
    public void Read_BitBucket_DropsWhatGoesThere()
    {
        Assert.Equal(0, Do(0x01, 0, 16, Data, 8192, DataBlock));
        var expected = _nvme.Host.At(Data + 4096, 4096).ToArray();
        Put(Lists, 0, 0, 4096, BitBucket);
        Put(Lists, 1, Data + 0x10000, 4096, DataBlock);
        Assert.Equal(0, Do(0x02, 0, 16, Lists, 32, LastSegment));
        Assert.True(_nvme.Host.At(Data + 0x10000, 4096).SequenceEqual(expected));

        // What is fetched does not come out of a bucket.
        Assert.Equal(0x00f, Do(0x01, 0, 16, Lists, 32, LastSegment));
    }

    [Theory]
    [InlineData(4095u, DataBlock, 0x00f)]
    [InlineData(4096u, (byte)0x40, 0x011)]
    [InlineData(4096u, (byte)0x50, 0x011)]
    [InlineData(4096u, (byte)0x01, 0x011)]
    [InlineData(0u, LastSegment, 0x00d)]
    [InlineData(24u, LastSegment, 0x00d)]
    [InlineData(16u, (byte)0x31, 0x011)]
    [InlineData(16u, Segment, 0x00d)]
    [InlineData(16u, LastSegment, 0x00f)]
    public void Descriptors_Wrong_GiveTheirStatus(uint length, byte kind, int status)
    {
        Put(Lists, 0, Data, 512, DataBlock);
        Assert.Equal(status, Do(0x02, 0, 8, Lists, length, kind));
    }

    [Fact]
    public void Segments_Wrong_GiveTheirStatus()
    {
        Put(Lists, 0, Lists, 16, Segment);
        Assert.Equal(0x00d, Do(0x02, 0, 8, Lists, 16, LastSegment));
        Put(Lists, 1, Data, 4096, DataBlock);
        Assert.Equal(0x00d, Do(0x02, 0, 8, Lists, 32, Segment));
        Assert.Equal(0x004, Do(0x02, 0, 8, 0x7000_0000, 32, LastSegment));
    }

    [Fact]
    public void Segments_WithoutEnd_AreTooMany()
    {
        Put(Lists, 0, Lists, 16, Segment);
        Assert.Equal(0x00e, Do(0x02, 0, 8, Lists, 16, Segment));
    }

    [Fact]
    public void Pieces_MoreThanThereCanBe_AreTooMany()
    {
        for (var i = 0; i < 1100; i++)
        {
            Put(Lists, i, Data + ((ulong)i * 8), 4, DataBlock);
        }

        Assert.Equal(0x00e, Do(0x02, 0, 16, Lists, 1100 * 16, LastSegment));
    }

    [Fact]
    public void AdminCommand_WithSgl_IsInvalidField()
        => Assert.Equal(0x002, _nvme.Admin.Do(new NvmeEntry(0x06) { Flags = Sgl, Prp1 = Data, Prp2 = 4096, Dword10 = 1 }).Status);

    private static void Fill(Span<byte> at, ulong address, uint length, byte kind)
    {
        at[..16].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(at, address);
        BinaryPrimitives.WriteUInt32LittleEndian(at[8..], length);
        at[15] = kind;
    }

    private void Put(ulong list, int index, ulong address, uint length, byte kind)
        => Fill(_nvme.Host.At(list + ((ulong)index * 16), 16), address, length, kind);

    private int Do(byte opcode, ulong block, int blocks, ulong address, uint length, byte kind)
        => _queue.Do(NvmeEntry.OfBlocks(opcode, block, blocks, address, length | ((ulong)kind << 56)) with { Flags = Sgl }).Status;

    private void AssertBlocks(ulong block, ReadOnlySpan<byte> expected)
    {
        var target = Host.MemoryAddress + (3 << 20);
        Assert.True(expected.Length <= 1 << 20);
        Assert.Equal(0, Do(0x02, block, expected.Length / 512, target, (uint)expected.Length, DataBlock));
        Assert.True(_nvme.Host.At(target, expected.Length).SequenceEqual(expected));
    }
}
