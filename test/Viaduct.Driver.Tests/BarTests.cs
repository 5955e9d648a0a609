using Viaduct.Abi;

namespace Viaduct.Driver.Tests;

public sealed class BarTests : IDisposable
{
    private const int Size = 0x4000;

    private readonly FakeBackend _backend = new();
    private readonly PciDevice _device;

    public BarTests() => _device = new PciDevice(_backend);

    public void Dispose() => _device.Dispose();

    public static TheoryData<int[]> Layouts => new([], [0, Size], [0x1000, 0x1000], [0, 0x1000, 0x3000, 0x1000]);

    [Theory]
    [MemberData(nameof(Layouts))]
    public void EveryWidth_ReadsBackLittleEndian_MappedOrNot(int[] areas)
    {
        var bar = Open(areas);
        foreach (var at in new ulong[] { 0, 0x1008, 0x2000, 0x3FF8 })
        {
            bar.Write64(at, 0x8877_6655_4433_2211);
            Assert.Equal(0x8877_6655_4433_2211, bar.Read64(at));
            Assert.Equal(0x4433_2211u, bar.Read32(at));
            Assert.Equal(0x8877, bar.Read16(at + 6));
            Assert.Equal(0x22, bar.Read8(at + 1));
            bar.Write32(at, 0xDDCC_BBAA);
            bar.Write16(at + 4, 0xFFEE);
            bar.Write8(at + 7, 0x99);
            Assert.Equal(0x9977_FFEE_DDCC_BBAA, bar.Read64(at));
        }
    }

    [Fact]
    public void UnmappedAccess_IsOneCallOfItsWidth()
    {
        var bar = Open([]);
        Assert.False(bar.IsMapped);
        bar.Write32(8, 1);
        bar.Write64(16, 2);
        bar.Read16(2);
        bar.Read8(3);
        Assert.Equal(
            [(true, 0, 8UL, 4), (true, 0, 16UL, 8), (false, 0, 2UL, 2), (false, 0, 3UL, 1)], _backend.Accesses);
        Assert.Throws<InvalidOperationException>(() => bar.GetSpan(0, 16).Length);
    }

    [Fact]
    public void SparseMapping_CallsTheBackEndOnlyBetweenItsAreas()
    {
        var bar = Open([0, 0x1000, 0x3000, 0x1000]);
        Assert.False(bar.IsMapped);
        bar.Write32(0x0FFC, 1);
        bar.Write32(0x3000, 2);
        Assert.Empty(_backend.Accesses);
        bar.Write32(0x1000, 3);
        bar.Read32(0x2FFC);
        Assert.Equal([(true, 0, 0x1000UL, 4), (false, 0, 0x2FFCUL, 4)], _backend.Accesses);
        Assert.Equal(2, bar.GetSpan(0x3000, 4)[0]);
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void AccessOutsideOrUnaligned_IsRefused(int[] areas)
    {
        var bar = Open(areas);
        foreach (var at in new ulong[] { Size, Size - 2, 2, ulong.MaxValue, ulong.MaxValue - 3, 0x1001 })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => bar.Read32(at));
            Assert.Throws<ArgumentOutOfRangeException>(() => bar.Write32(at, 0));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => bar.Read64(4));
        Assert.Throws<ArgumentOutOfRangeException>(() => bar.Write16(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => bar.Read8(Size));
        Assert.Empty(_backend.Accesses);
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Access_AfterDispose_IsRefused(int[] areas)
    {
        var bar = Open(areas);
        _device.Dispose();
        Assert.Throws<ObjectDisposedException>(() => bar.Read32(0));
        Assert.Throws<ObjectDisposedException>(() => bar.Write64(0x3000, 0));
        Assert.Throws<ObjectDisposedException>(() => bar.GetSpan(0, 1).Length);
        Assert.Throws<ObjectDisposedException>(() => _device.MapBar(0));
    }

    [Fact]
    public void MapBar_Twice_IsTheSame_AndAMissingOneIsNamed()
    {
        Assert.Same(Open([0, Size]), _device.MapBar(0));
        var seen = Assert.Throws<VfioException>(() => _device.MapBar(3));
        Assert.Equal(Errno.ENOENT, seen.Errno);
        Assert.Contains("has no BAR 3", seen.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => _device.MapBar(6));
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Access_AllocatesNothing(int[] areas)
    {
        var bar = Open(areas);
        _backend.Accesses.EnsureCapacity(20_000);
        Storm(bar, 100);
        Assert.Equal(0, Allocations.Least(() => Storm(bar, 1000)));
    }

    private static void Storm(Bar bar, int rounds)
    {
        for (var i = 0; i < rounds; i++)
        {
            bar.Write32(0x10, bar.Read32(0x3010) + 1);
            bar.Write64(0x2010, bar.Read64(0x1010) + 1);
        }
    }

    private Bar Open(int[] areas)
    {
        _backend.Add(0, Size, [.. areas.Chunk(2).Select(pair => new MappableArea((ulong)pair[0], (ulong)pair[1]))]);
        return _device.MapBar(0);
    }
}
