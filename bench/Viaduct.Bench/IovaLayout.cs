namespace Viaduct.Bench;

/// <summary>Where benchmarks put their mappings, and which addresses they look up: the same as in
/// bench/floor/translate-floor.c, so that the two do the same work.</summary>
internal static class IovaLayout
{
    /// <summary>Bytes of a mapping.</summary>
    public const ulong MappingSize = 0x1000;

    /// <summary>From one mapping's start to the next one's: between them are holes of the same size.</summary>
    public const ulong Stride = 0x2000;

    /// <summary>Addresses that are drawn; the benchmarks walk them round and round.</summary>
    public const int AddressCount = 4096;

    private const ulong FirstIova = 0x1_0000_0000;

    /// <summary>The first address of mapping <paramref name="index"/>.</summary>
    public static ulong Mapping(int index) => FirstIova + (ulong)index * Stride;

    /// <summary>Draws addresses inside the first <paramref name="mappings"/> mappings.</summary>
    public static ulong[] Draw(int mappings, AddressPattern pattern)
    {
        var addresses = new ulong[AddressCount];
        var state = 1UL;
        foreach (ref var address in addresses.AsSpan())
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            address = pattern == AddressPattern.Random
                ? Mapping((int)(state % (ulong)mappings)) + (state >> 32) % MappingSize
                : Mapping(mappings / 2) + 0x10;
        }

        return addresses;
    }
}
