using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Iommu.Iommufd;
using Viaduct.Memory;
using Viaduct.Vfio;

namespace Viaduct.Bench;

/// <summary>IOMMU_IOAS_MAP and IOMMU_IOAS_UNMAP of one page, as <see cref="Type1Benchmarks"/> has it of a container: one device is
/// attached, so that pages are pinned and counted.</summary>
[MemoryDiagnoser]
public class IommufdBenchmarks : IDisposable
{
    private const int UnmapAt = 64;
    private const int PageAt = 4096;

    private readonly LocalMemory _memory = new();
    private readonly IommufdContext _context = VfioSystem.OpenIommufd().Context;
    private readonly IommuGroup _group = new(0, new IommuUnit
    {
        ApertureLast = (1UL << 48) - 1,
        PageSizes = 4096,
        ReservedRegions = [],
    });

    private LocalTask _task = null!;
    private LocalBuffer? _buffer;
    private LocalRange? _range;
    private IommufdDevice? _device;
    private uint _ioas;
    private ulong[] _holes = [];
    private int _next;

    /// <summary>As many as type1 allows, for comparison.</summary>
    [Params(0, 64, 65534)]
    public int Held { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _task = new LocalTask(_memory);
        _buffer = new LocalBuffer(2 * 4096);
        _range = _memory.Register(_buffer);
        ref var alloc = ref MemoryMarshal.AsRef<IommuIoasAlloc>(_buffer.Span);
        alloc.Size = IommuIoasAlloc.StructSize;
        Expect(_context.Ioctl(_task, IommufdIoctl.IOMMU_IOAS_ALLOC, _buffer.Address));
        _ioas = alloc.OutIoasId;
        Expect(_context.Bind(_group, out _device));
        var table = _ioas;
        Expect(_device!.Attach(_task, ref table));
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
        _device?.Unbind();
        _context.Put();
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
        ref var map = ref MemoryMarshal.AsRef<IommuIoasMap>(_buffer!.Span);
        map.Size = IommuIoasMap.StructSize;
        map.Flags = IommuIoasMapFlags.IOMMU_IOAS_MAP_READABLE | IommuIoasMapFlags.IOMMU_IOAS_MAP_WRITEABLE
            | IommuIoasMapFlags.IOMMU_IOAS_MAP_FIXED_IOVA;
        map.IoasId = _ioas;
        map.Reserved = 0;
        map.UserVa = _buffer.Address + PageAt;
        map.Iova = iova;
        map.Length = IovaLayout.MappingSize;
        Expect(_context.Ioctl(_task, IommufdIoctl.IOMMU_IOAS_MAP, _buffer.Address));
    }

    private void Unmap(ulong iova)
    {
        ref var unmap = ref MemoryMarshal.AsRef<IommuIoasUnmap>(_buffer!.Span[UnmapAt..]);
        unmap.Size = IommuIoasUnmap.StructSize;
        unmap.IoasId = _ioas;
        unmap.Iova = iova;
        unmap.Length = IovaLayout.MappingSize;
        Expect(_context.Ioctl(_task, IommufdIoctl.IOMMU_IOAS_UNMAP, _buffer.Address + UnmapAt));
    }

    private static void Expect(SysResult result)
    {
        if (result.IsError)
        {
            throw new InvalidOperationException(result.ToString());
        }
    }
}
