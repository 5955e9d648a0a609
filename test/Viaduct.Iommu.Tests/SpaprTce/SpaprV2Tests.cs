using Viaduct.Abi;
using Viaduct.Iommu.SpaprTce;

namespace Viaduct.Iommu.Tests;

public sealed class SpaprV2Tests
{
    private readonly SpaprRig _rig = new();

    public SpaprV2Tests() => _rig.NumberPages();

    [Fact]
    public void Map_RegisteredMemory_LeadsTheDeviceThere()
    {
        Register();
        Assert.Equal(SysResult.Success, _rig.Map(0x5000, 9, 1));
        Assert.Equal((byte)9, _rig.Read(0x5000));
        Assert.Equal(DmaStatus.Ok, _rig.Port.Write(0x5001, [0x77]).Status);
        Assert.Equal(0x77, _rig.Memory.Bytes[(9 * 4096) + 1]);
    }

    [Fact]
    public void Transfer_OverPagesThatLieApart_FindsEach()
    {
        Register();
        _rig.Map(0, 20, 1);
        _rig.Map(0x1000, 10, 2);
        _rig.Map(0x3000, 30, 1);
        var bytes = new byte[4 * 4096];
        Assert.Equal(DmaStatus.Ok, _rig.Port.Read(0, bytes).Status);
        Assert.Equal([20, 10, 11, 30], new[] { bytes[0], bytes[4096], bytes[8192], bytes[12288] });
    }

    [Fact]
    public void Transfer_IntoAHole_FaultsThere()
    {
        Register();
        _rig.Map(0, 20, 2);
        var result = _rig.Port.Read(0x1000, new byte[2 * 4096]);
        Assert.Equal((DmaStatus.Fault, 0x2000UL), (result.Status, result.Address));
    }

    [Fact]
    public void Map_AfterTheDeviceLookedInVain_IsSeen()
    {
        Register();
        _rig.Map(0x1000, 9, 1);
        Assert.Null(_rig.Read(0));
        _rig.Map(0, 8, 1);
        Assert.Equal((byte)8, _rig.Read(0));
        _rig.Map(0, 12, 1);
        Assert.Equal((byte)12, _rig.Read(0));
    }

    [Fact]
    public void Map_NotRegistered_EINVAL()
    {
        Register();
        Assert.Equal(Errno.EINVAL, _rig.Map(0, 48, 1).Errno);
    }

    [Fact]
    public void Map_PastTheRegionsEnd_TakesBackWhatCameBefore()
    {
        Register();
        Assert.Equal(Errno.EINVAL, _rig.Map(0, 46, 4).Errno);
        Assert.Null(_rig.Read(0));
        Assert.Equal(0, _rig.Iommu.MappingCount);
    }

    [Theory]
    [InlineData(0x1234UL)]
    [InlineData(0x3fff_f001UL)]
    public void Map_ByteInsideAPage_AnswersOne(ulong iova)
    {
        Register();
        Assert.Equal(1, _rig.Map(iova, 9, 1).Raw);
    }

    [Fact]
    public void Map_OutsideEveryWindow_ENXIO()
    {
        Register();
        Assert.Equal(Errno.ENXIO, _rig.Map(0x4000_0000, 9, 1).Errno);
    }

    [Fact]
    public void Unmap_PastTheWindowsEnd_AnswersOne()
    {
        Register();
        Assert.Equal(1, _rig.Unmap(0x3fff_f000, 0x2000).Raw);
        Assert.Equal(SysResult.Success, _rig.Unmap(0x3fff_f000, 0x1000));
    }

    [Fact]
    public void Unregister_WhileMapped_IsForgottenAndStays()
    {
        Register();
        _rig.Map(0, 9, 1);
        Assert.Equal(SysResult.Success, _rig.Unregister(1, 47));
        Assert.Equal(Errno.ENOENT, _rig.Unregister(1, 47).Errno);
        Assert.Equal((byte)9, _rig.Read(0));
        Assert.Equal(Errno.EINVAL, _rig.Register(1, 46).Errno);
        Assert.Equal(SysResult.Success, _rig.Register(1, 47));

        // Nobody gives back what UNREGISTER could not: the kernel keeps it until the process ends.
        _rig.Unmap(0, 4096);
        Assert.Equal(SysResult.Success, _rig.Unregister(1, 47));
        Assert.Equal((1, 512UL + 47), (_rig.Memory.Source.Pins, _rig.Locked));
    }

    [Fact]
    public void Register_WithAHole_SaysHowManyPagesComeBefore()
    {
        _rig.Memory.Holes.Add(FakeMemory.Page(4) / FakeMemory.PageSize);
        Assert.Equal(3, _rig.Register(1, 8).Raw);
        Assert.Equal(Errno.EFAULT, _rig.Register(4, 4).Errno);
        Assert.Equal(0UL, _rig.Locked);
        Assert.Equal(0, _rig.Memory.Source.Pins);
    }

    [Fact]
    public void Register_BeyondTheLimit_ENOMEMBeforeAnythingElse()
    {
        _rig.Memory.Locked.Enforced = true;
        _rig.Task.Limit = 7;
        _rig.Memory.Holes.Add(FakeMemory.Page(1) / FakeMemory.PageSize);
        Assert.Equal(Errno.ENOMEM, _rig.Register(1, 8).Errno);
        Assert.Equal(Errno.EFAULT, _rig.Register(1, 7).Errno);
    }

    [Fact]
    public void Register_InTwoContainers_IsOneRegion()
    {
        Register();
        var other = new SpaprTceIommu(isV2: true, _rig.Platform);
        other.AttachGroup(_rig.NewGroup(1));
        Assert.Equal(SysResult.Success, other.Ioctl(_rig.Task, VfioIoctl.VFIO_IOMMU_SPAPR_REGISTER_MEMORY, SpaprRig.Argument));
        Assert.Equal(47UL, _rig.Locked);
        Assert.Equal(SysResult.Success, _rig.Unregister(1, 47));
        Assert.Equal(47UL, _rig.Locked);
        other.Release();
        Assert.Equal(0UL, _rig.Locked);
    }

    [Fact]
    public void Ioctl_ByAnotherProcess_EPERM()
    {
        Register();
        var stranger = new FakeTask(new FakeMemory(64));
        Assert.Equal(Errno.EPERM, _rig.Iommu.Ioctl(stranger, VfioIoctl.VFIO_IOMMU_SPAPR_TCE_GET_INFO, 0).Errno);
    }

    [Fact]
    public void Release_WhileMapped_GivesEverythingBack()
    {
        Register();
        _rig.Map(0, 9, 5);
        _rig.Create(12, 1 << 20, 1, out _);
        _rig.Map(SpaprRig.Dynamic, 9, 5);
        _rig.Iommu.DetachGroup(_rig.Group);
        _rig.Iommu.Release();
        Assert.Equal(0UL, _rig.Locked);
        Assert.Equal(0, _rig.Memory.Source.Pins);
        Assert.Null(_rig.Read(0));
    }

    [Fact]
    public void End_OfTheProcess_LetsGoOfItsMemoryOnce()
    {
        Register();
        _rig.Map(0, 9, 1);
        _rig.Memory.End();
        Assert.Null(_rig.Read(0));
        Assert.Equal(0, _rig.Memory.Source.Pins);
        _rig.Iommu.DetachGroup(_rig.Group);
        _rig.Iommu.Release();
        Assert.Equal(0, _rig.Memory.Source.Pins);
        Assert.Equal(0UL, _rig.Locked);
    }

    [Fact]
    public void Map_InSteadyState_AllocatesNothing()
    {
        Register();
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (ulong page = 0; page < 200; page++)
            {
                _rig.Map(page << 12, 9, 4);
                _rig.Unmap(page << 12, 4096);
            }
        }));
    }

    private void Register() => Assert.Equal(SysResult.Success, _rig.Register(1, 47));
}
