using System.Runtime.CompilerServices;
using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Driver.Tests;

public sealed class DmaSpaceTests : IDisposable
{
    private readonly FakeBackend _backend = new();

    private DmaSpace Dma => _backend.Dma;

    public void Dispose() => Dma.Dispose();

    [Fact]
    public void Allocate_IsZeroed_Mapped_AndRoundedUpToPages()
    {
        using var buffer = Dma.Allocate(5000);
        Assert.Equal(2 * Dma.PageSize, buffer.Size);
        Assert.Equal(buffer.Size, _backend.Mapped[buffer.Iova]);
        Assert.False(buffer.Span.ContainsAnyExcept((byte)0));
        buffer.Span.Fill(7);
        Assert.Equal(0x0707_0707u, buffer.Words.Read32(4096));
        buffer.Words.Write64(8, 0x1122_3344_5566_7788);
        Assert.Equal(0x88, buffer.Span[8]);
        Assert.Equal(buffer.Iova + 100, buffer.IovaOf(100));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.IovaOf(buffer.Size + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.GetSpan(buffer.Size - 1, 2).Length);
    }

    [Fact]
    public void Dispose_UnmapsFreesAndGivesTheAddressBack()
    {
        var buffer = Dma.Allocate(4096);
        var iova = buffer.Iova;
        buffer.Dispose();
        buffer.Dispose();
        Assert.Empty(_backend.Mapped);
        Assert.Throws<ObjectDisposedException>(() => buffer.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => buffer.Words.Read32(0));
        using var next = Dma.Allocate(4096);
        Assert.Equal(iova, next.Iova);
    }

    [Fact]
    public void Dispose_OfTheSpace_TakesEverythingBack()
    {
        var buffers = Enumerable.Range(1, 5).Select(i => Dma.Allocate((ulong)i * 4096)).ToList();
        Dma.Dispose();
        Assert.Empty(_backend.Mapped);
        Assert.All(buffers, buffer => Assert.Throws<ObjectDisposedException>(() => buffer.Span.Length));
        Assert.Throws<ObjectDisposedException>(() => Dma.Allocate(4096));
    }

    [Fact]
    public void AnUnmapThatFailed_KeepsTheAddressOutOfUse()
    {
        var buffer = Dma.Allocate(4096);
        _backend.Mapped.Clear();
        buffer.Dispose();
        using var next = Dma.Allocate(4096);
        Assert.NotEqual(buffer.Iova, next.Iova);
    }

    [Fact]
    public void AMapThatFailed_GivesTheAddressBack()
    {
        _backend.MapFailure = DmaErrors.CannotMap("VFIO_IOMMU_MAP_DMA", Errno.ENOMEM, 0x1000, 4096, DmaAccess.ReadWrite, "64 KiB");
        var seen = Assert.Throws<VfioException>(() => Dma.Allocate(4096));
        Assert.Contains("RLIMIT_MEMLOCK) is 64 KiB", seen.Message);
        Assert.Contains("ulimit -l", seen.Message);
        _backend.MapFailure = null;
        using var buffer = Dma.Allocate(4096, new DmaOptions { Iova = Dma.PageSize });
        Assert.Equal(Dma.PageSize, buffer.Iova);
    }

    [Fact]
    public void Options_AreHonoured()
    {
        using var low = Dma.Allocate(4096, new DmaOptions { AddressBits = 16 });
        Assert.True(low.Iova + low.Size <= 1 << 16);
        using var aligned = Dma.Allocate(4096, new DmaOptions { Alignment = 1 << 20 });
        Assert.Equal(0UL, aligned.Iova % (1 << 20));
        using var chosen = Dma.Allocate(4096, new DmaOptions { Iova = 0x1234_5000 });
        Assert.Equal(0x1234_5000UL, chosen.Iova);
        var again = new DmaOptions { Iova = 0x1234_5000 };
        Assert.Equal(Errno.EEXIST, Assert.Throws<VfioException>(() => Dma.Allocate(4096, again)).Errno);
        Assert.Throws<ArgumentException>(() => Dma.Allocate(4096, new DmaOptions { Iova = 0x800 }));
        Assert.Throws<ArgumentException>(() => Dma.Allocate(4096, new DmaOptions { Alignment = 3 << 12 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Dma.Allocate(4096, new DmaOptions { AddressBits = 65 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Dma.Allocate(0));
    }

    [Fact]
    public void NoRoomBelowTheDevicesLimit_IsNamed()
    {
        using var all = Dma.Allocate(0xF000, new DmaOptions { AddressBits = 16 });
        var seen = Assert.Throws<VfioException>(() => Dma.Allocate(4096, new DmaOptions { AddressBits = 16 }));
        Assert.Equal(Errno.ENOSPC, seen.Errno);
        Assert.Contains("no I/O address is free for 4 KiB below 2^16", seen.Message);
        Assert.Contains("0x0-0xffffffff", seen.Message);
    }

    [Fact]
    public void Map_LeavesTheMemoryToItsOwner()
    {
        Assert.False(MemoryMapping.Allocate(8192, HugePageSize.None, out var memory).IsError);
        using (memory)
        {
            Dma.Map(memory!).Dispose();
            Assert.Empty(_backend.Mapped);
            Assert.Equal(8192, memory!.GetSpan(0, 8192).Length);
        }
    }

    [Fact]
    public async Task Memory_TakesAStream()
    {
        using var buffer = Dma.Allocate(4096);
        using var stream = new MemoryStream([1, 2, 3]);
        Assert.Equal(3, await stream.ReadAsync(buffer.Memory));
        Assert.Equal(0x0003_0201u, buffer.Words.Read32(0));
        using (var pin = buffer.Memory[1..].Pin())
        {
            Assert.Equal(2, buffer.Memory.Span[1]);
        }

        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => buffer.Memory.Length);
    }

    [Fact]
    public void Memory_DoesNotMove_WhenTheCollectorCompacts()
    {
        using var buffer = Dma.Allocate(4096);
        var before = buffer.Mapping.Address;
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        Assert.Equal(before, buffer.Mapping.Address);
        Assert.True(Unsafe.AreSame(ref buffer.Span[0], ref buffer.Mapping.GetSpan(0, 1)[0]));
    }
}
