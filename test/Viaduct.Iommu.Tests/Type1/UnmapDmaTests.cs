using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

public sealed class UnmapDmaTests
{
    private const ulong PageSize = FakeMemory.PageSize;
    private const VfioDmaUnmapFlags All = VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_ALL;
    private const VfioDmaUnmapFlags Vaddr = VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_VADDR;
    private const VfioDmaUnmapFlags GetDirty = VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;

    private readonly Type1Rig _rig = new();

    [Fact]
    public void UnmapDma_BadPointer_ReturnsEFAULT()
        => Assert.Equal(Errno.EFAULT, _rig.Iommu.Ioctl(_rig.Task, VfioIoctl.VFIO_IOMMU_UNMAP_DMA, 0).Errno);

    [Theory]
    [InlineData(0u)]
    [InlineData(23u)]
    public void UnmapDma_ShortArgsz_ReturnsEINVAL(uint argSz)
        => Assert.Equal(Errno.EINVAL, _rig.Unmap(0, PageSize, out _, argSz: argSz));

    [Theory]
    [InlineData(8u)]
    [InlineData(0x80000000u)]
    [InlineData((uint)(GetDirty | All))]
    [InlineData((uint)(GetDirty | Vaddr))]
    public void UnmapDma_FlagsThatMeanNothing_ReturnEINVAL(uint flags)
        => Assert.Equal(Errno.EINVAL, _rig.Unmap(0, 0, out _, (VfioDmaUnmapFlags)flags, argSz: 48));

    [Theory]
    [InlineData(0x1000UL, 0UL, Errno.EINVAL)]
    [InlineData(0x1001UL, 0x1000UL, Errno.EINVAL)]
    [InlineData(0x1000UL, 0x1001UL, Errno.EINVAL)]
    [InlineData(0xffff_ffff_ffff_f000UL, 0x2000UL, Errno.EOVERFLOW)]
    [InlineData(0xffff_ffff_ffff_f001UL, 0x2000UL, Errno.EINVAL)] // alignment first, unlike MAP_DMA
    [InlineData(0x0UL, 0xffff_ffff_ffff_ffffUL, Errno.EINVAL)]
    [InlineData(0x1000UL, 0xffff_ffff_ffff_f000UL, Errno.None)]
    public void UnmapDma_Range_IsCheckedAsTheKernelDoes(ulong iova, ulong size, Errno expected)
        => Assert.Equal(expected, _rig.Unmap(iova, size, out _));

    [Fact]
    public void UnmapDma_Error_LeavesTheSizeAlone()
    {
        Assert.Equal(Errno.EINVAL, _rig.Unmap(1, 0x7000, out var size));
        Assert.Equal(0x7000UL, size);
    }

    [Fact]
    public void UnmapDma_NothingThere_SucceedsWithSizeZero()
    {
        Assert.Equal(Errno.None, _rig.Unmap(0x7000, 0x7000, out var size));
        Assert.Equal(0UL, size);
    }

    [Theory]
    [InlineData(false, 0x10000UL, 0x3000UL, Errno.None, 0x4000UL)]
    [InlineData(true, 0x10000UL, 0x3000UL, Errno.EINVAL, 0x3000UL)]
    [InlineData(false, 0x11000UL, 0x3000UL, Errno.None, 0UL)]
    [InlineData(true, 0x11000UL, 0x3000UL, Errno.EINVAL, 0x3000UL)]
    [InlineData(false, 0xf000UL, 0x2000UL, Errno.None, 0x4000UL)]
    [InlineData(true, 0xf000UL, 0x2000UL, Errno.EINVAL, 0x2000UL)]
    [InlineData(false, 0x11000UL, 0xb000UL, Errno.None, 0UL)]
    [InlineData(true, 0x11000UL, 0xb000UL, Errno.EINVAL, 0xb000UL)]
    [InlineData(false, 0x10000UL, 0x9000UL, Errno.None, 0x8000UL)]
    [InlineData(true, 0x10000UL, 0x9000UL, Errno.EINVAL, 0x9000UL)]
    [InlineData(false, 0x14000UL, 0x4000UL, Errno.None, 0UL)]
    [InlineData(true, 0x14000UL, 0x4000UL, Errno.None, 0UL)]
    [InlineData(false, 0xf000UL, 0xe000UL, Errno.None, 0x8000UL)]
    [InlineData(true, 0xf000UL, 0xe000UL, Errno.None, 0x8000UL)]
    public void UnmapDma_Cut_DependsOnTheVersion(bool isV2, ulong iova, ulong size, Errno expected, ulong unmapped)
    {
        var rig = new Type1Rig(isV2);
        Assert.Equal(Errno.None, rig.MapPages(0x10000, 4));
        Assert.Equal(Errno.None, rig.MapPages(0x18000, 4));
        Assert.Equal(expected, rig.Unmap(iova, size, out var done));
        Assert.Equal(unmapped, done);
        Assert.Equal(2 - (expected == Errno.None ? (int)(unmapped / 0x4000) : 0), rig.Iommu.MappingCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void UnmapDma_All_WantsNoRange_AndTakesEverything(bool isV2)
    {
        var rig = new Type1Rig(isV2);
        Assert.Equal(Errno.None, rig.MapPages(0x0, 1));
        Assert.Equal(Errno.None, rig.MapPages(0xffff_ffff_f000, 1));
        Assert.Equal(Errno.EINVAL, rig.Unmap(0x1000, 0, out _, All));
        Assert.Equal(Errno.EINVAL, rig.Unmap(0, PageSize, out _, All));
        Assert.Equal(Errno.EINVAL, rig.Unmap(1, 0, out _, All));
        Assert.Equal(Errno.None, rig.Unmap(0, 0, out var size, All));
        Assert.Equal(2 * PageSize, size);
        Assert.Equal(Errno.None, rig.Unmap(0, 0, out size, All));
        Assert.Equal(0UL, size);
    }

    [Fact]
    public void UnmapDma_UnwritableStruct_ReturnsEFAULT_ThoughItIsDone()
    {
        Assert.Equal(Errno.None, _rig.MapPages(0x1000, 1));
        _rig.Memory.TryWrite(Type1Rig.Argument, new VfioIommuType1DmaUnmap { ArgSz = 24, Iova = 0x1000, Size = PageSize });
        _rig.Memory.ReadOnly.Add(Type1Rig.Argument / PageSize);
        Assert.Equal(
            Errno.EFAULT, _rig.Iommu.Ioctl(_rig.Task, VfioIoctl.VFIO_IOMMU_UNMAP_DMA, Type1Rig.Argument).Errno);
        Assert.Equal(0, _rig.Iommu.MappingCount);
    }

    [Fact]
    public void UnmapDma_DeviceCannotReachTheMemoryAnyMore()
    {
        Assert.Equal(Errno.None, _rig.MapPages(0x1000, 2));
        Assert.True(_rig.Port.Write(0x1000, [1]).IsOk);
        Assert.Equal(Errno.None, _rig.Unmap(0x1000, 2 * PageSize, out _));
        Assert.Equal(new DmaResult(DmaStatus.Fault, 0x1000, DmaAccess.Write), _rig.Port.Write(0x1000, [2]));
        Assert.Equal(1, _rig.Memory.Bytes[0x1000]);
        Assert.Equal(0, _rig.Memory.Source.Pins);
    }

    /// <summary>More than are released at once.</summary>
    [Fact]
    public void UnmapDma_ManyMappings_GivesEachBackOnce()
    {
        for (ulong i = 0; i < 200; i++)
        {
            Assert.Equal(Errno.None, _rig.MapPages(i * PageSize, 1));
        }

        Assert.Equal(200, _rig.Memory.Source.Pins);
        Assert.Equal(Errno.None, _rig.Unmap(0, 150 * PageSize, out var size));
        Assert.Equal(150 * PageSize, size);
        Assert.Equal(50, _rig.Memory.Source.Pins);
        Assert.Equal(50UL, _rig.Memory.Locked.Pages);
    }

    [Fact]
    public void UnmapDma_VaddrTwice_ReturnsEINVAL_AndChangesNothing()
    {
        Assert.Equal(Errno.None, _rig.MapPages(0x10000, 4));
        Assert.Equal(Errno.None, _rig.MapPages(0x20000, 4));
        Assert.Equal(Errno.None, _rig.Unmap(0x20000, 0x4000, out var size, Vaddr));
        Assert.Equal(0x4000UL, size);
        Assert.Equal(Errno.EINVAL, _rig.Unmap(0, 0, out _, Vaddr | All));
        Assert.Equal(Errno.EINVAL, _rig.Map(0x10000, FakeMemory.Page(1), 0x4000, VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_VADDR));
        Assert.Equal(2, _rig.Iommu.MappingCount);
    }

    [Fact]
    public void UnmapDma_VaddrThatCuts_DependsOnTheVersion()
    {
        foreach (var isV2 in new[] { false, true })
        {
            var rig = new Type1Rig(isV2);
            Assert.Equal(Errno.None, rig.MapPages(0x10000, 4));
            Assert.Equal(isV2 ? Errno.EINVAL : Errno.None, rig.Unmap(0x11000, 0x1000, out _, Vaddr));
        }
    }
}
