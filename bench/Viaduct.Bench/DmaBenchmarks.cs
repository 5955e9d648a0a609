using BenchmarkDotNet.Attributes;
using Viaduct.Iommu;
using Viaduct.Memory;

namespace Viaduct.Bench;

/// <summary>
/// A device's DMA through its port, each beside a copy of the same bytes by <see cref="Span{T}.CopyTo"/>. The first half of
/// the client's memory is what is read, the second half what is written.
/// </summary>
[MemoryDiagnoser]
public class DmaBenchmarks : IDisposable
{
    private const int Half = 64 << 20;
    private const ulong Iova = 0x1_0000_0000;

    private readonly byte[] _device = GC.AllocateArray<byte>(1 << 20, pinned: true);
    private readonly LocalMemory _memory = new();
    private LocalBuffer? _buffer;
    private LocalRange? _range;
    private DmaPort _port = null!;
    private ulong _address;
    private int _at;

    [Params(4 << 10, 64 << 10, 1 << 20)]
    public int Size { get; set; }

    [ParamsAllValues]
    public WorkingSet WorkingSet { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _buffer = new LocalBuffer(2 * Half);
        _buffer.Span.Fill(0x5a);
        _address = _buffer.Address;
        _range = _memory.Register(_buffer);
        var space = new IoAddressSpace();
        space.Map(Iova, Iova + (2 * Half) - 1, _range, 0, DmaAccess.Read | DmaAccess.Write);
        var unit = new IommuUnit { ApertureLast = (1UL << 48) - 1, PageSizes = 4096, ReservedRegions = [] };
        _port = new DmaPort(new IommuGroup(0, unit) { AddressSpace = space }) { BusMaster = true };
        _at = 0;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _range?.Dispose();
        _buffer?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Description = "memcpy-read")]
    public void MemcpyRead() => Client(Next()).CopyTo(_device);

    [Benchmark(Description = "dma-read")]
    public DmaResult Read() => Expect(_port.Read(Iova + (ulong)Next(), _device.AsSpan(0, Size)));

    [Benchmark(Description = "memcpy-write")]
    public void MemcpyWrite() => _device.AsSpan(0, Size).CopyTo(Client(Half + Next()));

    [Benchmark(Description = "dma-write")]
    public DmaResult Write() => Expect(_port.Write(Iova + (ulong)(Half + Next()), _device.AsSpan(0, Size)));

    [Benchmark(Description = "memcpy-copy")]
    public void MemcpyCopy()
    {
        var at = Next();
        Client(at).CopyTo(Client(Half + at));
    }

    [Benchmark(Description = "dma-copy")]
    public DmaResult Copy()
    {
        var at = (ulong)Next();
        return Expect(_port.Copy(Iova + Half + at, Iova + at, (ulong)Size));
    }

    private static DmaResult Expect(DmaResult result)
        => result.IsOk ? result : throw new InvalidOperationException(result.ToString());

    /// <summary>A block of the client's memory, without any check that would slow the copy to compare with.</summary>
    private unsafe Span<byte> Client(int offset) => new((byte*)_address + offset, Size);

    /// <summary>The offset of the block whose turn it is.</summary>
    private int Next()
    {
        var at = _at;
        if (WorkingSet == WorkingSet.Walk)
        {
            _at = (at + Size) & (Half - 1);
        }

        return at;
    }
}
