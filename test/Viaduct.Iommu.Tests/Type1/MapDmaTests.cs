using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

public sealed class MapDmaTests
{
    private const ulong PageSize = FakeMemory.PageSize;
    private readonly Type1Rig _rig = new();

    [Fact]
    public void MapDma_DeviceReadsAndWritesTheClientsMemory()
    {
        Assert.Equal(Errno.None, _rig.MapPages(0x4000, 2));
        Assert.True(_rig.Port.Write(0x4ffe, [1, 2, 3, 4]).IsOk);
        Assert.Equal([1, 2, 3, 4], _rig.Memory.Bytes[0x1ffe..0x2002]);
        var read = new byte[4];
        Assert.True(_rig.Port.Read(0x4ffe, read).IsOk);
        Assert.Equal([1, 2, 3, 4], read);
    }

    [Fact]
    public void MapDma_BadPointer_ReturnsEFAULT()
        => Assert.Equal(Errno.EFAULT, _rig.Iommu.Ioctl(_rig.Task, VfioIoctl.VFIO_IOMMU_MAP_DMA, 0).Errno);

    [Theory]
    [InlineData(0u)]
    [InlineData(31u)]
    public void MapDma_ShortArgsz_ReturnsEINVAL(uint argSz)
        => Assert.Equal(Errno.EINVAL, _rig.Map(0, FakeMemory.Page(1), PageSize, argSz: argSz));

    [Fact]
    public void MapDma_LongArgsz_Succeeds()
        => Assert.Equal(Errno.None, _rig.Map(0, FakeMemory.Page(1), PageSize, argSz: uint.MaxValue));

    [Theory]
    [InlineData(8u)]
    [InlineData(0x80000003u)]
    [InlineData(0u)]
    [InlineData(5u)]
    [InlineData(6u)]
    [InlineData(7u)]
    public void MapDma_FlagsThatMeanNothing_ReturnEINVAL(uint flags)
        => Assert.Equal(Errno.EINVAL, _rig.Map(0, FakeMemory.Page(1), PageSize, (VfioDmaMapFlags)flags));

    [Fact]
    public void MapDma_SizeZero_ReturnsEINVAL() => Assert.Equal(Errno.EINVAL, _rig.Map(0, FakeMemory.Page(1), 0));

    [Theory]
    [InlineData(0xffff_ffff_ffff_f000UL, 0x10_0000_1000UL, 0x2000UL)]
    [InlineData(0x0UL, 0xffff_ffff_ffff_f000UL, 0x2000UL)]
    [InlineData(0xffff_ffff_ffff_ffffUL, 0x10_0000_1000UL, 2UL)] // before alignment
    public void MapDma_WrappedRange_ReturnsEOVERFLOW(ulong iova, ulong vaddr, ulong size)
        => Assert.Equal(Errno.EOVERFLOW, _rig.Map(iova, vaddr, size));

    [Theory]
    [InlineData(1UL, 0UL, 0UL)]
    [InlineData(0UL, 0x800UL, 0UL)]
    [InlineData(0UL, 0UL, 0x1001UL)]
    public void MapDma_Misaligned_ReturnsEINVAL(ulong iova, ulong vaddr, ulong size)
        => Assert.Equal(Errno.EINVAL, _rig.Map(iova, FakeMemory.Page(1) + vaddr, PageSize + size));

    [Theory]
    [InlineData(0x4000UL, 1)]
    [InlineData(0x3000UL, 2)]
    [InlineData(0x7000UL, 4)]
    [InlineData(0x0000UL, 32)]
    [InlineData(0x5000UL, 1)]
    public void MapDma_Overlap_ReturnsEEXIST(ulong iova, int pages)
    {
        Assert.Equal(Errno.None, _rig.MapPages(0x4000, 4));
        Assert.Equal(Errno.EEXIST, _rig.MapPages(iova, pages));
        Assert.Equal(1, _rig.Iommu.MappingCount);
    }

    [Fact]
    public void MapDma_EntryLimit_ReturnsENOSPC_AfterEEXISTAndBeforeTheRanges()
    {
        var rig = new Type1Rig(options: new Type1Options { DmaEntryLimit = 2 });
        Assert.Equal(Errno.None, rig.MapPages(0x0, 1));
        Assert.Equal(Errno.None, rig.MapPages(0x1000, 1));
        Assert.Equal(Errno.ENOSPC, rig.MapPages(0x2000, 1));
        Assert.Equal(Errno.EEXIST, rig.MapPages(0x1000, 1));
        Assert.Equal(Errno.ENOSPC, rig.MapPages(0xfee00000, 1));
        Assert.Equal(Errno.None, rig.Unmap(0, PageSize, out _));
        Assert.Equal(Errno.None, rig.MapPages(0x2000, 1));
    }

    [Theory]
    [InlineData(0xfedf_f000UL, 1, Errno.None)]
    [InlineData(0xfedf_f000UL, 2, Errno.EINVAL)]
    [InlineData(0xfee0_0000UL, 1, Errno.EINVAL)]
    [InlineData(0xfeef_f000UL, 1, Errno.EINVAL)]
    [InlineData(0xfef0_0000UL, 1, Errno.None)]
    [InlineData(0xffff_ffff_f000UL, 1, Errno.None)]
    [InlineData(0xffff_ffff_f000UL, 2, Errno.EINVAL)]
    [InlineData(0xffff_ffff_ffff_f000UL, 1, Errno.EINVAL)]
    public void MapDma_OutsideTheValidRanges_ReturnsEINVAL(ulong iova, int pages, Errno expected)
        => Assert.Equal(expected, _rig.MapPages(iova, pages));

    [Fact]
    public void MapDma_TopPage_IsMappable()
    {
        var rig = new Type1Rig(unit: Type1Rig.Unit with { ApertureLast = ulong.MaxValue });
        const ulong Top = ulong.MaxValue - 0xfff;
        Assert.Equal(Errno.None, rig.MapPages(Top, 1));
        Assert.True(rig.Port.Write(ulong.MaxValue, [7]).IsOk);
        Assert.Equal(7, rig.Memory.Bytes[0x1fff]);
        var wraps = rig.Port.Write(ulong.MaxValue, [8, 9]);
        Assert.Equal(new DmaResult(DmaStatus.Fault, 0, DmaAccess.Write), wraps);
        Assert.Equal(Errno.EEXIST, rig.MapPages(Top, 1));
        Assert.Equal(Errno.None, rig.Unmap(Top, PageSize, out var unmapped));
        Assert.Equal(PageSize, unmapped);
        Assert.Equal(0, rig.Memory.Source.Pins);
    }

    [Fact]
    public void MapDma_BadMemory_ReturnsEFAULT_AndLeavesNothing()
    {
        _rig.Memory.Holes.Add(FakeMemory.Page(3) / PageSize);
        Assert.Equal(Errno.EFAULT, _rig.MapPages(0, 4));
        Assert.Equal(Errno.EFAULT, _rig.Map(0, 0xffff_8000_0000_0000, PageSize));
        Assert.Equal(0, _rig.Iommu.MappingCount);
        Assert.Equal(0UL, _rig.Memory.Locked.Pages);
        Assert.Equal(Errno.None, _rig.MapPages(0, 2));
    }

    [Theory]
    [InlineData(VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_READ, Errno.None)]
    [InlineData(VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_WRITE, Errno.EFAULT)]
    [InlineData(Type1Rig.ReadWrite, Errno.EFAULT)]
    public void MapDma_ReadOnlyMemory_MustNotBeWrittenByTheDevice(VfioDmaMapFlags flags, Errno expected)
    {
        _rig.Memory.ReadOnly.Add(FakeMemory.Page(1) / PageSize);
        Assert.Equal(expected, _rig.MapPages(0, 1, flags));
    }

    [Theory]
    [InlineData(VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_READ, true, false)]
    [InlineData(VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_WRITE, false, true)]
    public void MapDma_Rights_HoldForTheDevice(VfioDmaMapFlags flags, bool reads, bool writes)
    {
        Assert.Equal(Errno.None, _rig.MapPages(0x1000, 1, flags));
        Assert.Equal(reads, _rig.Port.Read(0x1000, new byte[1]).IsOk);
        Assert.Equal(writes, _rig.Port.Write(0x1000, [1]).IsOk);
    }

    [Fact]
    public void MapDma_MappedBar_CountsNoPages()
    {
        _rig.Memory.BarPages.Add(FakeMemory.Page(1) / PageSize);
        _rig.Memory.Locked.Enforced = true;
        _rig.Task.Limit = 0;
        Assert.Equal(Errno.None, _rig.MapPages(0, 1));
        Assert.Equal(0UL, _rig.Memory.Locked.Pages);
    }

    [Fact]
    public void MapDma_WhileTrackingDirtyPages_TooManyPagesForABitmap_ReturnsEINVAL()
    {
        Assert.Equal(Errno.None, _rig.Dirty(VfioDirtyPagesFlags.VFIO_IOMMU_DIRTY_PAGES_FLAG_START, argSz: 8));
        var huge = new EndlessMemory();
        var task = new EndlessTask(huge);
        const ulong TooBig = (1UL << 31) * PageSize;
        Assert.Equal(Errno.EINVAL, huge.Map(_rig.Iommu, task, 1UL << 44, TooBig));
        Assert.Equal(0UL, huge.Locked.Pages);
        Assert.Equal(Errno.None, huge.Map(_rig.Iommu, task, 1UL << 44, TooBig - PageSize));
    }

    [Fact]
    public void Ioctl_Unknown_ReturnsENOTTY()
    {
        foreach (var command in new uint[]
                 { 0, VfioIoctl.VFIO_IOMMU_ENABLE, VfioIoctl.VFIO_IOMMU_DISABLE, 0x3B6F, 0x3B76, uint.MaxValue })
        {
            Assert.Equal(Errno.ENOTTY, _rig.Iommu.Ioctl(_rig.Task, command, Type1Rig.Argument).Errno);
        }
    }
}
