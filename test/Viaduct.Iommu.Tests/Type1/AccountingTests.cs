using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Tests;

public sealed class AccountingTests
{
    private readonly Type1Rig _rig = new();

    public AccountingTests() => _rig.Memory.Locked.Enforced = true;

    [Fact]
    public void MapDma_BeyondTheLimit_ReturnsENOMEM_AndLeavesNothing()
    {
        _rig.Task.Limit = 4;
        Assert.Equal(Errno.ENOMEM, _rig.MapPages(0x1000, 5));
        Assert.Equal((0, 0UL), (_rig.Memory.Source.Pins, _rig.Memory.Locked.Pages));
        Assert.Equal(Errno.None, _rig.MapPages(0x1000, 4));
        Assert.Equal(Errno.ENOMEM, _rig.MapPages(0x8000, 1));
        Assert.Equal(Errno.EEXIST, _rig.MapPages(0x1000, 1));
        Assert.Equal(Errno.EINVAL, _rig.MapPages(0xfee00000, 1));
        Assert.Equal(Errno.None, _rig.Unmap(0x1000, 0x4000, out _));
        Assert.Equal(Errno.None, _rig.MapPages(0x8000, 1));
    }

    [Fact]
    public void MapDma_TheSameMemoryTwice_CountsTwice()
    {
        _rig.Task.Limit = 2;
        Assert.Equal(Errno.None, _rig.MapPages(0x1000, 1));
        Assert.Equal(Errno.None, _rig.MapPages(0x2000, 1));
        Assert.Equal(Errno.ENOMEM, _rig.MapPages(0x3000, 1));
    }

    [Fact]
    public void MapDma_CapIpcLock_HasNoLimit()
    {
        _rig.Task.Limit = 0;
        _rig.Task.Capabilities.Add(Capability.IpcLock);
        Assert.Equal(Errno.None, _rig.MapPages(0x1000, 8));
        Assert.Equal(8UL, _rig.Memory.Locked.Pages);
    }

    /// <summary>The kernel counts page after page; which comes first, the limit or the bad page, decides.</summary>
    [Theory]
    [InlineData(1UL, Errno.ENOMEM)]
    [InlineData(2UL, Errno.EFAULT)]
    [InlineData(3UL, Errno.EFAULT)]
    public void MapDma_BadPageAndLimit_TheFirstDecides(ulong limit, Errno expected)
    {
        _rig.Memory.Holes.Add(FakeMemory.Page(3) / FakeMemory.PageSize);
        _rig.Task.Limit = limit;
        Assert.Equal(expected, _rig.MapPages(0x1000, 4));
        Assert.Equal(0UL, _rig.Memory.Locked.Pages);
    }

    [Fact]
    public void MapDma_BadFirstPage_ReturnsEFAULT_ThoughTheLimitIsReached()
    {
        _rig.Task.Limit = 0;
        Assert.Equal(Errno.EFAULT, _rig.Map(0x1000, 0x1000, 0x4000));
    }

    [Fact]
    public void MapDma_LimitNotEnforced_SucceedsAndRemembers()
    {
        _rig.Memory.Locked.Enforced = false;
        _rig.Task.Limit = 1;
        Assert.Equal(Errno.None, _rig.MapPages(0x1000, 8));
        Assert.Equal(8UL, _rig.Memory.Locked.PeakBeyondLimit);
        _rig.Memory.Holes.Add(FakeMemory.Page(30) / FakeMemory.PageSize);
        Assert.Equal(Errno.EFAULT, _rig.MapPages(0x10000, 32));
        Assert.Equal((8UL, 8UL), (_rig.Memory.Locked.PeakBeyondLimit, _rig.Memory.Locked.Pages));
    }

    /// <summary>Whoever unmaps, the mapper's account is credited.</summary>
    [Fact]
    public void UnmapDma_ByAnotherProcess_CreditsTheOneThatMapped()
    {
        var child = new FakeMemory(64);
        Assert.Equal(Errno.None, _rig.MapPages(0x1000, 4));
        child.TryWrite(Type1Rig.Argument, new VfioIommuType1DmaUnmap { ArgSz = 24, Iova = 0x1000, Size = 0x4000 });
        Assert.Equal(
            Errno.None,
            _rig.Iommu.Ioctl(new FakeTask(child), VfioIoctl.VFIO_IOMMU_UNMAP_DMA, Type1Rig.Argument).Errno);
        Assert.Equal((0UL, 0UL), (_rig.Memory.Locked.Pages, child.Locked.Pages));
    }
}
