using BenchmarkDotNet.Attributes;
using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Memory;

namespace Viaduct.Bench;

/// <summary>
/// A map and an unmap of one page, as a client's two calls arrive: the structures are read from the client's memory and written
/// back, pages are pinned and counted, one group sees the translations.
/// </summary>
[MemoryDiagnoser]
public abstract class MapUnmapBenchmarks : IDisposable
{
    /// <summary>Where the second structure is, and the page that is mapped, in <see cref="Buffer"/>.</summary>
    protected const int UnmapAt = 64, PageAt = 4096;

    private readonly LocalMemory _memory = new();
    private LocalRange? _range;
    private ulong[] _holes = [];
    private int _next;

    /// <summary>65,535 is the most that type1 allows, and the one that is measured must fit in.</summary>
    [Params(0, 64, 65534)]
    public int Held { get; set; }

    protected IommuGroup Group { get; } = new(0, new IommuUnit
    {
        ApertureLast = (1UL << 48) - 1,
        PageSizes = 4096,
        ReservedRegions = [],
    });

    protected LocalBuffer Buffer { get; } = new(2 * 4096);

    protected LocalTask Task { get; private set; } = null!;

    [GlobalSetup]
    public void Setup()
    {
        Task = new LocalTask(_memory);
        _range = _memory.Register(Buffer);
        Attach();
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
        Detach();
        _range?.Dispose();
        Buffer.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Description = "map-unmap")]
    public void MapUnmap()
    {
        var iova = _holes[_next++ & (IovaLayout.AddressCount - 1)];
        Map(iova);
        Unmap(iova);
    }

    /// <summary>Gives <see cref="Group"/> to what is measured.</summary>
    protected abstract void Attach();

    protected abstract void Detach();

    protected abstract void Map(ulong iova);

    protected abstract void Unmap(ulong iova);

    protected static void Expect(SysResult result)
    {
        if (result.IsError)
        {
            throw new InvalidOperationException(result.ToString());
        }
    }
}
