using BenchmarkDotNet.Attributes;
using Viaduct.Iommu;
using Viaduct.Memory;

namespace Viaduct.Bench;

/// <summary>From an I/O virtual address to memory, as every DMA of a device starts: with the device's cache of one
/// translation before it. Its floor is translate-floor.c.</summary>
[MemoryDiagnoser]
public class TranslationBenchmarks : IDisposable
{
    private readonly LocalMemory _memory = new();
    private LocalBuffer? _buffer;
    private LocalRange? _range;
    private IoAddressSpace _space = null!;
    private ulong[] _addresses = [];
    private TranslationCache _cache;

    [Params(1, 64, 4096, 65535)]
    public int Mappings { get; set; }

    [ParamsAllValues]
    public AddressPattern Pattern { get; set; }

    /// <summary>Every mapping leads to the same page: only the translation is measured.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _buffer = new LocalBuffer((int)IovaLayout.MappingSize);
        _range = _memory.Register(_buffer);
        _space = new IoAddressSpace();
        for (var i = 0; i < Mappings; i++)
        {
            var first = IovaLayout.Mapping(i);
            _space.Map(first, first + (IovaLayout.MappingSize - 1), _range, 0, DmaAccess.Read | DmaAccess.Write);
        }

        _addresses = IovaLayout.Draw(Mappings, Pattern);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _range?.Dispose();
        _buffer?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Description = "translate", OperationsPerInvoke = IovaLayout.AddressCount)]
    public ulong Translate()
    {
        var sum = 0UL;
        foreach (var address in _addresses)
        {
            if (!_space.TryTranslate(address, DmaAccess.Read, ref _cache, out var translation))
            {
                throw new InvalidOperationException($"{address:x} is not mapped");
            }

            sum += translation.Length;
        }

        return sum;
    }
}
