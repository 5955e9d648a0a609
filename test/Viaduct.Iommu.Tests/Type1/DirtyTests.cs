using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

public sealed class DirtyTests
{
    private const ulong PageSize = FakeMemory.PageSize;
    private const VfioDirtyPagesFlags Start = VfioDirtyPagesFlags.VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
    private const VfioDirtyPagesFlags Stop = VfioDirtyPagesFlags.VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP;
    private const VfioDirtyPagesFlags Get = VfioDirtyPagesFlags.VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
    private static readonly ulong s_bits = FakeMemory.Page(40);

    private readonly Type1Rig _rig = new();

    [Theory]
    [InlineData(Start)]
    [InlineData(Stop)]
    [InlineData(Get)]
    [InlineData((VfioDirtyPagesFlags)8)]
    public void DirtyPages_Version1_ReturnsEACCES(VfioDirtyPagesFlags flags)
    {
        var rig = new Type1Rig(isV2: false);
        Assert.Equal(Errno.EACCES, rig.Dirty(flags, argSz: 0));
        Assert.Equal(Errno.EACCES, rig.Iommu.Ioctl(rig.Task, VfioIoctl.VFIO_IOMMU_DIRTY_PAGES, 0).Errno);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(3u)]
    [InlineData(5u)]
    [InlineData(6u)]
    [InlineData(7u)]
    [InlineData(8u)]
    [InlineData(0x80000001u)]
    public void DirtyPages_NotExactlyOneFlag_ReturnsEINVAL(uint flags)
        => Assert.Equal(Errno.EINVAL, _rig.Dirty((VfioDirtyPagesFlags)flags));

    [Fact]
    public void DirtyPages_ShortArgsz_ReturnsEINVAL_AndABadPointerEFAULT()
    {
        Assert.Equal(Errno.EINVAL, _rig.Dirty(Start, argSz: 7));
        Assert.Equal(Errno.EFAULT, _rig.Iommu.Ioctl(_rig.Task, VfioIoctl.VFIO_IOMMU_DIRTY_PAGES, 0).Errno);
        Assert.Equal(Errno.None, _rig.Dirty(Start, argSz: 8));
        Assert.Equal(Errno.EINVAL, _rig.GetDirty(0, PageSize, s_bits, 8, argSz: 47));
    }

    [Fact]
    public void DirtyPages_StartAndStop_MayRepeat()
    {
        foreach (var flags in new[] { Stop, Start, Start, Stop, Stop })
        {
            Assert.Equal(Errno.None, _rig.Dirty(flags, argSz: 8));
        }
    }

    [Fact]
    public void DirtyPages_GetWithoutTracking_ReturnsEINVAL()
    {
        Assert.Equal(Errno.None, _rig.MapPages(0x10000, 4));
        Assert.Equal(Errno.EINVAL, _rig.GetDirty(0x10000, 0x4000, s_bits, 8));
        Assert.Equal(Errno.EINVAL, _rig.UnmapDirty(0x10000, 0x4000, Bitmap(8)));
        Assert.Equal(1, _rig.Iommu.MappingCount);
    }

    /// <summary>Over a buffer full of 0xaa.</summary>
    [Theory]
    [InlineData(0x10000UL, 0x4000UL, 0x8UL, "0F00000000000000")]
    [InlineData(0x10000UL, 0x4000UL, 0x9UL, "0F00000000000000AA")]
    [InlineData(0xf000UL, 0x6000UL, 0x8UL, "BEAAAAAAAAAAAAAA")]
    [InlineData(0x10000UL, 0x14000UL, 0x8UL, "0F0F0F0000000000")]
    [InlineData(0x0UL, 0x40000UL, 0x8UL, "AAAAAFAFAFAAAAAA")]
    [InlineData(0x0UL, 0x41000UL, 0x10UL, "AAAAAFAFAFAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData(0x14000UL, 0x4000UL, 0x8UL, "AAAAAAAAAAAAAAAA")]
    public void DirtyPages_Get_ReportsEveryMappedPage(ulong iova, ulong size, ulong bytes, string expected)
    {
        Track();
        _rig.Memory.Bytes.AsSpan(40 * 4096, 32).Fill(0xaa);
        Assert.Equal(Errno.None, _rig.GetDirty(iova, size, s_bits, bytes));
        Assert.Equal(expected, Convert.ToHexString(_rig.Memory.Bytes.AsSpan(40 * 4096, (int)bytes)));
    }

    /// <summary>What becomes of bits that the client had set; the words are a real kernel's.</summary>
    [Theory]
    [InlineData(0x10000UL, 4, 0x000000000000000fUL, 0xaaaaaaaaaaaaaaaaUL)]
    [InlineData(0x14000UL, 60, 0xfffffffffffffffaUL, 0xaaaaaaaaaaaaaaaaUL)]
    [InlineData(0x14000UL, 62, 0xfffffffffffffffaUL, 0x0000000000000003UL)]
    [InlineData(0x50000UL, 4, 0xaaaaaaaaaaaaaaaaUL, 0x000000000000000fUL)]
    [InlineData(0x51000UL, 62, 0xaaaaaaaaaaaaaaaaUL, 0xfffffffffffffffeUL)]
    [InlineData(0x10000UL, 63, 0x7fffffffffffffffUL, 0xaaaaaaaaaaaaaaaaUL)]
    public void DirtyPages_Get_KeepsTheBitsThatTheKernelKeeps(ulong iova, int pages, ulong first, ulong second)
    {
        Assert.Equal(Errno.None, _rig.Dirty(Start, argSz: 8));
        Assert.Equal(Errno.None, _rig.MapPages(iova, pages));
        _rig.Memory.Bytes.AsSpan(40 * 4096, 32).Fill(0xaa);
        Assert.Equal(Errno.None, _rig.GetDirty(0x10000, 0xc0000, s_bits, 24));
        _rig.Memory.TryRead<ulong>(s_bits, out var one);
        _rig.Memory.TryRead<ulong>(s_bits + 8, out var two);
        Assert.Equal((first, second), (one, two));
    }

    [Theory]
    [InlineData(0x10000UL, 0x4000UL, 0UL, 0x1000UL, Errno.EINVAL)]
    [InlineData(0x10000UL, 0x4000UL, 7UL, 0x1000UL, Errno.EINVAL)]
    [InlineData(0x10000UL, 0x4000UL, 8UL, 0UL, Errno.EINVAL)]
    [InlineData(0x10000UL, 0x4000UL, 8UL, 0x2000UL, Errno.EINVAL)]
    [InlineData(0x10000UL, 0x4000UL, 8UL, 0x1001UL, Errno.EINVAL)]
    [InlineData(0x10000UL, 0UL, 8UL, 0x1000UL, Errno.EINVAL)]
    [InlineData(0x10001UL, 0x1000UL, 8UL, 0x1000UL, Errno.EINVAL)]
    [InlineData(0x11000UL, 0x1000UL, 8UL, 0x1000UL, Errno.EINVAL)]
    [InlineData(0x10000UL, 0x1000UL, 8UL, 0x1000UL, Errno.EINVAL)]
    [InlineData(0x0UL, 0x41000UL, 8UL, 0x1000UL, Errno.EINVAL)]
    [InlineData(0xffff_ffff_ffff_f000UL, 0x2000UL, 8UL, 0x1000UL, Errno.EOVERFLOW)]
    [InlineData(0x0UL, 0x100_0000_0000UL, 0x10000000UL, 0x1000UL, Errno.None)]
    [InlineData(0x0UL, 0x100_0000_0000UL, 0x10000008UL, 0x1000UL, Errno.EINVAL)]
    [InlineData(0x10000UL, 0x4000UL, ulong.MaxValue, 0x1000UL, Errno.EINVAL)]
    public void DirtyPages_Get_ChecksAsTheKernelDoes(ulong iova, ulong size, ulong bytes, ulong pageSize, Errno expected)
    {
        Track();
        Assert.Equal(expected, _rig.GetDirty(iova, size, s_bits, bytes, pageSize));
    }

    [Theory]
    [InlineData(0UL, Errno.EFAULT)]
    [InlineData(0xffff_8000_0000_0000UL, Errno.EINVAL)]
    [InlineData(0x7fff_ffff_eff8UL, Errno.EFAULT)]
    [InlineData(0x7fff_ffff_effcUL, Errno.EINVAL)]
    public void DirtyPages_Get_BadBitmap_IsTellingWhetherItCouldBeUserMemory(ulong data, Errno expected)
    {
        Track();
        Assert.Equal(expected, _rig.GetDirty(0x10000, 0x4000, data, 8));
    }

    [Fact]
    public void DirtyPages_Get_UnalignedBitmapAcrossPages_Works()
    {
        Track();
        var at = FakeMemory.Page(41) - 3;
        Assert.Equal(Errno.None, _rig.GetDirty(0x10000, 0x14000, at, 8));
        Assert.Equal([0x0f, 0x0f, 0x0f, 0, 0, 0, 0, 0], _rig.Memory.Bytes[((41 * 4096) - 3)..((41 * 4096) + 5)]);
        _rig.Memory.Holes.Add(FakeMemory.Page(41) / PageSize);
        Assert.Equal(Errno.EFAULT, _rig.GetDirty(0x10000, 0x14000, at, 8));
    }

    /// <summary>More bits than are written at once, beginning and ending within a word.</summary>
    [Fact]
    public void DirtyPages_Get_LongBitmap_HasExactlyTheMappedPages()
    {
        const int Pages = 100_003;
        var task = new EndlessTask(new EndlessMemory());
        Assert.Equal(Errno.None, ((EndlessMemory)task.Memory).Map(_rig.Iommu, task, 5 * PageSize, Pages * PageSize));
        Assert.Equal(Errno.None, _rig.Dirty(Start, argSz: 8));
        Assert.Equal(Errno.None, _rig.GetDirty(0, (Pages + 64) * PageSize, s_bits, 12_512));
        var bits = new System.Collections.BitArray(_rig.Memory.Bytes.AsSpan(40 * 4096, 12_512).ToArray());
        for (var i = 0; i < bits.Length; i++)
        {
            Assert.Equal(i is >= 5 and < Pages + 5, bits[i]);
        }
    }

    [Fact]
    public void UnmapDma_GetDirtyBitmap_ReportsAndRemoves()
    {
        Track();
        Assert.Equal(Errno.None, _rig.UnmapDirty(0x10000, 0x14000, Bitmap(8)));
        Assert.Equal([0x0f, 0x0f, 0x0f, 0, 0, 0, 0, 0], _rig.Memory.Bytes[(40 * 4096)..((40 * 4096) + 8)]);
        Assert.Equal(0, _rig.Iommu.MappingCount);
    }

    [Fact]
    public void UnmapDma_GetDirtyBitmap_ChecksAsTheKernelDoes()
    {
        Track();
        Assert.Equal(Errno.EINVAL, _rig.UnmapDirty(0x10000, 0x4000, Bitmap(8), argSz: 24));
        Assert.Equal(Errno.EINVAL, _rig.UnmapDirty(0x10000, 0x4000, Bitmap(8), argSz: 47));
        Assert.Equal(Errno.EINVAL, _rig.UnmapDirty(0x10000, 0x4000, Bitmap(0)));
        Assert.Equal(Errno.EINVAL, _rig.UnmapDirty(0x10000, 0x4000, Bitmap(7)));
        Assert.Equal(Errno.EINVAL, _rig.UnmapDirty(0x10000, 0x4000, Bitmap(8, pageSize: 0x2000)));
        Assert.Equal(Errno.EINVAL, _rig.UnmapDirty(0x10000, 0, Bitmap(8)));
        Assert.Equal(Errno.EINVAL, _rig.UnmapDirty(0x10000, 0x3000, Bitmap(8)));
        Assert.Equal(Errno.EOVERFLOW, _rig.UnmapDirty(0xffff_ffff_ffff_f000, 0x2000, Bitmap(8)));
        Assert.Equal(3, _rig.Iommu.MappingCount);
    }

    [Fact]
    public void UnmapDma_GetDirtyBitmap_BadBitmap_LeavesTheMapping()
    {
        Track();
        Assert.Equal(Errno.EFAULT, _rig.UnmapDirty(0x10000, 0x4000, Bitmap(8) with { Data = 0 }));
        Assert.Equal(3, _rig.Iommu.MappingCount);
        Assert.True(_rig.Port.Write(0x10000, [1]).IsOk);
    }

    [Fact]
    public void UnmapDma_GetDirtyBitmap_StructAtTheEndOfMemory_ReturnsEFAULT()
    {
        Track();
        var at = FakeMemory.Page(64) - 40;
        _rig.Memory.TryWrite(at, new VfioIommuType1DmaUnmap
        {
            ArgSz = 48,
            Flags = VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
            Iova = 0x10000,
            Size = 0x4000,
        });
        Assert.Equal(Errno.EFAULT, _rig.Iommu.Ioctl(_rig.Task, VfioIoctl.VFIO_IOMMU_UNMAP_DMA, at).Errno);
    }

    [Fact]
    public void DirtyPages_Start_MappingTooBigForABitmap_ReturnsEINVAL()
    {
        var task = new EndlessTask(new EndlessMemory());
        Assert.Equal(
            Errno.None, ((EndlessMemory)task.Memory).Map(_rig.Iommu, task, 1UL << 44, (1UL << 31) * PageSize));
        Assert.Equal(Errno.EINVAL, _rig.Dirty(Start, argSz: 8));
    }

    private static VfioBitmap Bitmap(ulong size, ulong pageSize = PageSize)
        => new() { Pgsize = pageSize, Size = size, Data = s_bits };

    private void Track()
    {
        Assert.Equal(Errno.None, _rig.MapPages(0x10000, 4));
        Assert.Equal(Errno.None, _rig.MapPages(0x18000, 4));
        Assert.Equal(Errno.None, _rig.MapPages(0x20000, 4));
        Assert.Equal(Errno.None, _rig.Dirty(Start, argSz: 8));
    }
}
