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
