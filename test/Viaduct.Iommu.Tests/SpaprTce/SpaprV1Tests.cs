using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

public sealed class SpaprV1Tests
{
    private const ulong WindowPages = 0x4000_0000 >> 12;

    private readonly SpaprRig _rig = new(isV2: false);

    public SpaprV1Tests() => _rig.NumberPages();

    [Fact]
    public void Enable_ChargesTheWholeWindow_OnceAndUntilDisable()
    {
        Assert.Equal(SysResult.Success, _rig.Call(VfioIoctl.VFIO_IOMMU_ENABLE));
        Assert.Equal(Errno.EBUSY, _rig.Call(VfioIoctl.VFIO_IOMMU_ENABLE).Errno);
        Assert.Equal(WindowPages, _rig.Locked);
        Assert.Equal(SysResult.Success, _rig.Call(VfioIoctl.VFIO_IOMMU_DISABLE));
        Assert.Equal(SysResult.Success, _rig.Call(VfioIoctl.VFIO_IOMMU_DISABLE));
        Assert.Equal(0UL, _rig.Locked);
    }

    [Fact]
    public void Enable_BeyondTheLimit_ENOMEM()
    {
        _rig.Task.Limit = WindowPages - 1;
        _rig.Memory.Locked.Enforced = true;
        Assert.Equal(Errno.ENOMEM, _rig.Call(VfioIoctl.VFIO_IOMMU_ENABLE).Errno);
        Assert.Equal(Errno.EPERM, _rig.Map(0, 1, 1).Errno);
    }

    [Fact]
    public void Map_BeforeEnable_EPERMWhateverTheArgument()
        => Assert.Equal(Errno.EPERM, _rig.Iommu.Ioctl(_rig.Task, VfioIoctl.VFIO_IOMMU_MAP_DMA, 0).Errno);

    [Fact]
    public void Map_LeadsTheDeviceToPagesThatAreHeld()
    {
        _rig.Call(VfioIoctl.VFIO_IOMMU_ENABLE);
        Assert.Equal(SysResult.Success, _rig.Map(0x1000, 7, 2));
        Assert.Equal((byte)7, _rig.Read(0x1000));
        Assert.Equal((byte)8, _rig.Read(0x2000));
        Assert.Null(_rig.Read(0x3000));
        Assert.Equal(2, _rig.Memory.Source.Pins);
        Assert.Equal(SysResult.Success, _rig.Unmap(0x1000, 0x1000));
        Assert.Null(_rig.Read(0x1000));
        Assert.Equal(1, _rig.Memory.Source.Pins);
    }

    [Fact]
    public void Map_OverAMapping_ReplacesIt()
    {
        _rig.Call(VfioIoctl.VFIO_IOMMU_ENABLE);
        _rig.Map(0, 7, 1);
        Assert.Equal(SysResult.Success, _rig.Map(0, 9, 1));
        Assert.Equal((byte)9, _rig.Read(0));
        Assert.Equal(1, _rig.Memory.Source.Pins);
    }

    [Fact]
    public void Map_WhereAPageIsMissing_TakesBackWhatCameBefore()
    {
        _rig.Call(VfioIoctl.VFIO_IOMMU_ENABLE);
        _rig.Memory.Holes.Add(FakeMemory.Page(9) / FakeMemory.PageSize);
        Assert.Equal(Errno.EFAULT, _rig.Map(0, 7, 4).Errno);
        Assert.Null(_rig.Read(0));
        Assert.Equal(0, _rig.Memory.Source.Pins);
    }

    [Fact]
    public void Map_ForReadingOnly_DoesNotLetTheDeviceWrite()
    {
        _rig.Call(VfioIoctl.VFIO_IOMMU_ENABLE);
        _rig.Map(0, 7, 1, VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_READ);
        Assert.Equal(DmaStatus.Fault, _rig.Port.Write(0, [1]).Status);
    }

    [Fact]
    public void AttachGroup_ASecondOne_EBUSY()
        => Assert.Equal(Errno.EBUSY, _rig.Iommu.AttachGroup(_rig.NewGroup(1)).Errno);

    [Theory]
    [InlineData(VfioIoctl.VFIO_IOMMU_SPAPR_REGISTER_MEMORY)]
    [InlineData(VfioIoctl.VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY)]
    [InlineData(VfioIoctl.VFIO_IOMMU_SPAPR_TCE_CREATE)]
    [InlineData(VfioIoctl.VFIO_IOMMU_SPAPR_TCE_REMOVE)]
    public void Ioctl_OfVersion2_ENOTTY(uint command) => Assert.Equal(Errno.ENOTTY, _rig.Call(command).Errno);

    [Fact]
    public void Release_GivesEverythingBack()
    {
        _rig.Call(VfioIoctl.VFIO_IOMMU_ENABLE);
        _rig.Map(0, 7, 3);
        _rig.Iommu.DetachGroup(_rig.Group);
        _rig.Iommu.Release();
        Assert.Equal(0UL, _rig.Locked);
        Assert.Equal(0, _rig.Memory.Source.Pins);
        Assert.Null(_rig.Read(0));
    }
}
