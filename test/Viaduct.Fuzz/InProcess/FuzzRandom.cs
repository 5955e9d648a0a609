namespace Viaduct.Fuzz.InProcess;

/// <summary>Random values with a liking for edges.</summary>
internal sealed class FuzzRandom(int seed)
{
    private static readonly ulong[] s_edges =
    [
        0, 1, 2, 4, 7, 8, 15, 16, 24, 32, 63, 64, 255, 4095, 4096, 4097, 8192, 1 << 20, 0xfee00000, int.MaxValue, uint.MaxValue,
        1UL << 32, 1UL << 40, 7UL << 40, 1UL << 47, 1UL << 48, long.MaxValue, 1UL << 63, ulong.MaxValue - 4095, ulong.MaxValue,
    ];

    private readonly Random _random = new(seed);

    public int Below(int end) => _random.Next(end);

    public bool OneIn(int n) => _random.Next(n) == 0;

    public ulong Any() => OneIn(3) ? (ulong)_random.NextInt64(long.MinValue, long.MaxValue) >> Below(64) : Pick(s_edges);

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    public void Fill(Span<byte> bytes) => _random.NextBytes(bytes);
}
