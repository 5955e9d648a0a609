using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Memory;

namespace Viaduct.Bench;

/// <summary>
/// VFIO_IOMMU_MAP_DMA and VFIO_IOMMU_UNMAP_DMA of one page, as a client's two calls arrive: the structures are read
/// from the client's memory and written back, pages are pinned and counted, one group sees the translations.
/// </summary>
[MemoryDiagnoser]
public class Type1Benchmarks : IDisposable
{
    private const int UnmapAt = 64;
    private const int PageAt = 4096;

    private readonly LocalMemory _memory = new();
    private readonly Type1Iommu _iommu = new(isV2: true, new Type1Options());
    private readonly IommuGroup _group = new(0, new IommuUnit
    {
        ApertureLast = (1UL << 48) - 1,
        PageSizes = 4096,
        ReservedRegions = [],
    });

    private LocalTask _task = null!;
    private LocalBuffer? _buffer;
    private LocalRange? _range;
    private ulong[] _holes = [];
    private int _next;

    /// <summary>65,535 is the most that type1 allows, and the one that is measured must fit in.</summary>
    [Params(0, 64, 65534)]
    public int Held { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _task = new LocalTask(_memory);
        _buffer = new LocalBuffer(2 * 4096);
        _range = _memory.Register(_buffer);
        Expect(_iommu.AttachGroup(_group));
        for (var i = 0; i < Held; i++)
        {
            Map(IovaLayout.Mapping(i));
        }

        // The holes between the mappings, at random places.
        _holes = IovaLayout.Draw(Math.Max(Held, 1), AddressPattern.Random);
        foreach (ref var hole in _holes.AsSpan())
        {
            hole = (hole & ~(IovaLayout.MappingSize - 1)) + IovaLayout.MappingSize;
        }
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _iommu.DetachGroup(_group);
        _iommu.Release();
        _range?.Dispose();
        _buffer?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Description = "map-unmap")]
    public void MapUnmap()
    {
        var iova = _holes[_next++ & (IovaLayout.AddressCount - 1)];
        Map(iova);
        Unmap(iova);
    }

    private void Map(ulong iova)
    {
        ref var map = ref MemoryMarshal.AsRef<VfioIommuType1DmaMap>(_buffer!.Span);
        map.ArgSz = VfioIommuType1DmaMap.StructSize;
        map.Flags = VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_READ | VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_WRITE;
        map.Vaddr = _buffer.Address + PageAt;
        map.Iova = iova;
        map.Size = IovaLayout.MappingSize;
        Expect(_iommu.Ioctl(_task, VfioIoctl.VFIO_IOMMU_MAP_DMA, _buffer.Address));
    }

    private void Unmap(ulong iova)
    {
        ref var unmap = ref MemoryMarshal.AsRef<VfioIommuType1DmaUnmap>(_buffer!.Span[UnmapAt..]);
        unmap.ArgSz = VfioIommuType1DmaUnmap.StructSize;
        unmap.Flags = 0;
        unmap.Iova = iova;
        unmap.Size = IovaLayout.MappingSize;
        Expect(_iommu.Ioctl(_task, VfioIoctl.VFIO_IOMMU_UNMAP_DMA, _buffer.Address + UnmapAt));
        if (unmap.Size != IovaLayout.MappingSize)
        {
            throw new InvalidOperationException($"{unmap.Size} bytes were unmapped at {iova:x}");
        }
    }

    private static void Expect(SysResult result)
    {
        if (result.IsError)
        {
            throw new InvalidOperationException(result.ToString());
        }
    }
}
