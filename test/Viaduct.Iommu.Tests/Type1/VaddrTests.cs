using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

public sealed class VaddrTests
{
    private const VfioDmaMapFlags Update = VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_VADDR;
    private const VfioDmaUnmapFlags Invalidate = VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_VADDR;

    private readonly Type1Rig _rig = new();

    [Theory]
    [InlineData(0x40000UL, 0x4000UL, Errno.ENOENT)]
    [InlineData(0x10000UL, 0x3000UL, Errno.EINVAL)]
    [InlineData(0x10000UL, 0x5000UL, Errno.EINVAL)]
    [InlineData(0x11000UL, 0x3000UL, Errno.EINVAL)]
    [InlineData(0x10000UL, 0x4000UL, Errno.None)]
    public void MapDma_Vaddr_WantsTheExactMapping(ulong iova, ulong size, Errno expected)
    {
        Assert.Equal(Errno.None, _rig.MapPages(0x10000, 4));
        Assert.Equal(Errno.None, _rig.Unmap(0x10000, 0x4000, out _, Invalidate));
        Assert.Equal(expected, _rig.Map(iova, FakeMemory.Page(8), size, Update));
    }

    [Fact]
    public void MapDma_VaddrThatIsValid_ReturnsEINVAL()
    {
        Assert.Equal(Errno.None, _rig.MapPages(0x10000, 4));
        Assert.Equal(Errno.EINVAL, _rig.Map(0x10000, FakeMemory.Page(8), 0x4000, Update));
    }

    [Fact]
    public void MapDma_Vaddr_LeadsTheDeviceToTheNewAddress()
    {
        Assert.Equal(Errno.None, _rig.MapPages(0x10000, 4));
        Assert.Equal(Errno.None, _rig.Unmap(0x10000, 0x4000, out _, Invalidate));
        Assert.True(_rig.Port.Write(0x10000, [1]).IsOk);
        Assert.Equal(1, _rig.Memory.Bytes[0x1000]);
        Assert.Equal(Errno.None, _rig.Map(0x10000, FakeMemory.Page(8), 0x4000, Update));
        Assert.True(_rig.Port.Write(0x10000, [2]).IsOk);
        Assert.Equal((1, 2), (_rig.Memory.Bytes[0x1000], _rig.Memory.Bytes[0x8000]));
        Assert.Equal((1, 4UL), (_rig.Memory.Source.Pins, _rig.Memory.Locked.Pages));
    }

    [Fact]
    public void MapDma_VaddrThatIsNoMemory_SucceedsAndKeepsTheOldPages()
    {
        Assert.Equal(Errno.None, _rig.MapPages(0x10000, 4));
        Assert.Equal(Errno.None, _rig.Unmap(0x10000, 0x4000, out _, Invalidate));
        Assert.Equal(Errno.None, _rig.Map(0x10000, 0x1000, 0x4000, Update));
        Assert.True(_rig.Port.Write(0x10000, [3]).IsOk);
        Assert.Equal(3, _rig.Memory.Bytes[0x1000]);
    }

    /// <summary>A successor takes the mapping over: from here on its pages count against the successor.</summary>
    [Fact]
    public void MapDma_VaddrFromAnotherAddressSpace_MovesTheAccount()
    {
        var heir = new FakeMemory(64);
        var task = new FakeTask(heir) { Limit = 3 };
        heir.Locked.Enforced = true;
        Assert.Equal(Errno.None, _rig.MapPages(0x10000, 4));
        Assert.Equal(Errno.None, _rig.Unmap(0x10000, 0x4000, out _, Invalidate));
        heir.TryWrite(Type1Rig.Argument, new VfioIommuType1DmaMap
        {
            ArgSz = 32,
            Flags = Update,
            Iova = 0x10000,
            Vaddr = FakeMemory.Page(1),
            Size = 0x4000,
        });
        Assert.Equal(Errno.ENOMEM, _rig.Iommu.Ioctl(task, VfioIoctl.VFIO_IOMMU_MAP_DMA, Type1Rig.Argument).Errno);
        Assert.Equal((4UL, 0UL), (_rig.Memory.Locked.Pages, heir.Locked.Pages));
        task.Limit = 4;
        Assert.Equal(Errno.None, _rig.Iommu.Ioctl(task, VfioIoctl.VFIO_IOMMU_MAP_DMA, Type1Rig.Argument).Errno);
        Assert.Equal((0UL, 4UL), (_rig.Memory.Locked.Pages, heir.Locked.Pages));
        Assert.Equal((0, 1), (_rig.Memory.Source.Pins, heir.Source.Pins));
        Assert.Equal(Errno.None, _rig.Unmap(0x10000, 0x4000, out _));
        Assert.Equal((0UL, 0), (heir.Locked.Pages, heir.Source.Pins));
    }

    [Fact]
    public void AttachGroup_WhileAVaddrIsInvalid_ReturnsEBUSY()
    {
        var other = new IommuGroup(2, Type1Rig.Unit);
        Assert.Equal(Errno.None, _rig.MapPages(0x10000, 4));
        Assert.Equal(Errno.None, _rig.Unmap(0x10000, 0x4000, out _, Invalidate));
        Assert.Equal(Errno.EBUSY, _rig.Iommu.AttachGroup(other).Errno);
        Assert.Equal(Errno.None, _rig.Unmap(0x10000, 0x4000, out _));
        Assert.Equal(Errno.None, _rig.Iommu.AttachGroup(other).Errno);
    }
}
