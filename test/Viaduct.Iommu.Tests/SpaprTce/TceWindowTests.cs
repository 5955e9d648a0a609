using Viaduct.Abi;
using Viaduct.Iommu.SpaprTce;

namespace Viaduct.Iommu.Tests;

public sealed class TceWindowTests
{
    [Fact]
    public void Create_OnAPartition_MakesTheDefaultWindowFirst()
    {
        var rig = new SpaprRig();
        Assert.Equal(SysResult.Success, rig.Create(16, 1 << 28, 1, out var start));
        Assert.Equal(SpaprRig.Dynamic, start);
        Assert.Equal(Errno.ENOSPC, rig.Create(16, 1 << 28, 1, out _).Errno);
        Assert.Equal([0, SpaprRig.Dynamic], rig.Group.TableGroup!.Tables.Select(table => table!.Window.Start));
    }

    [Fact]
    public void Create_WithoutTheDefaultWindow_HasTheFirstSlot()
    {
        var rig = new SpaprRig();
        Assert.Equal(SysResult.Success, rig.Remove(0));
        Assert.Equal(SysResult.Success, rig.Create(16, 1 << 28, 1, out var start));
        Assert.Equal(SpaprRig.Dynamic, start);
        Assert.Equal(SpaprRig.Dynamic, rig.Group.TableGroup!.Tables[0]!.Window.Start);
    }

    [Fact]
    public void Create_WhenFirmwareRefusedOnce_ENODEVEverAfter()
    {
        var rig = new SpaprRig();
        rig.Remove(0);
        rig.Create(16, 1 << 28, 1, out _);
        Assert.Equal(Errno.ENODEV, rig.Create(16, 1 << 28, 1, out _).Errno);
        rig.Remove(SpaprRig.Dynamic);
        Assert.Equal(Errno.ENODEV, rig.Create(12, 1 << 20, 1, out _).Errno);
    }

    [Fact]
    public void Create_DefaultOneBesideADynamicOne_EPERM()
    {
        var rig = new SpaprRig();
        rig.Create(16, 1 << 28, 1, out _);
        rig.Remove(0);
        Assert.Equal(Errno.EPERM, rig.Create(12, 0x4000_0000, 1, out _).Errno);
    }

    [Theory]
    [InlineData(13u, 1UL << 28, 1u)]
    [InlineData(64u, 1UL << 28, 1u)]
    [InlineData(140u, 1UL << 28, 1u)]
    [InlineData(16u, 0UL, 1u)]
    [InlineData(16u, 0x1800_0000UL, 1u)]
    [InlineData(16u, 1UL << 28, 2u)]
    [InlineData(12u, 0x800UL, 1u)]
    [InlineData(12u, 1UL << 63, 1u)]
    public void Create_OfAWrongShape_EINVAL(uint pageShift, ulong size, uint levels)
    {
        var rig = new SpaprRig();
        Assert.Equal(Errno.EINVAL, rig.Create(pageShift, size, levels, out _).Errno);
    }

    [Fact]
    public void Create_ThatFailsLate_KeepsWhatItCounted()
    {
        var rig = new SpaprRig();
        rig.Remove(0);
        rig.Create(12, 3 << 20, 1, out _);
        Assert.Equal((3UL << 20 >> 9) / 4096, rig.Locked);
    }

    [Fact]
    public void Remove_WithMappings_TakesThemAlong()
    {
        var rig = new SpaprRig();
        rig.Register(1, 47);
        rig.Map(0, 9, 4);
        Assert.Equal(SysResult.Success, rig.Remove(0x2000));
        Assert.Null(rig.Read(0));
        Assert.Equal(SysResult.Success, rig.Unregister(1, 47));
        Assert.Equal(0UL, rig.Locked);
        Assert.Equal(Errno.EINVAL, rig.Remove(0).Errno);
    }

    [Fact]
    public void AttachGroup_OnAPartition_WindowsAreNotShared()
    {
        var rig = new SpaprRig();
        Assert.Equal(SysResult.Success, rig.Iommu.AttachGroup(rig.NewGroup(1)));
        Assert.Equal(Errno.EPERM, rig.Create(16, 1 << 28, 1, out _).Errno);
    }

    [Fact]
    public void AttachGroup_OnBareMetal_SharesTheWindows()
    {
        var rig = new SpaprRig(platform: new PowerNvPlatform(12));
        rig.NumberPages();
        rig.Register(1, 47);
        rig.Map(0, 9, 1);
        var other = rig.NewGroup(1);
        var port = new DmaPort(other) { BusMaster = true };
        Assert.Equal(SysResult.Success, rig.Iommu.AttachGroup(other));
        Assert.Equal((byte)9, rig.Read(0, port));
        rig.Iommu.DetachGroup(rig.Group);
        Assert.Null(rig.Read(0));
        Assert.Equal((byte)9, rig.Read(0, port));
        Assert.Null(rig.Group.TableGroup!.Tables[0]);
        Assert.NotNull(other.TableGroup!.Tables[0]);
    }

    [Fact]
    public void AttachGroup_OfAnotherMachine_EPERM()
    {
        var rig = new SpaprRig();
        Assert.Equal(Errno.EPERM, rig.Iommu.AttachGroup(new SpaprRig(platform: new PowerNvPlatform(12)).NewGroup(1)).Errno);
        Assert.Equal(Errno.ENODEV, rig.Iommu.AttachGroup(new IommuGroup(3, Type1Rig.Unit)).Errno);
    }

    // pnv_pci_ioda2_get_table_size: twice the levels' tables, each a kernel page at least.
    [Theory]
    [InlineData(16, 16u, 1UL << 31, 1u, 2 * (1UL << 18))]
    [InlineData(16, 16u, 1UL << 31, 2u, 2 * ((1UL << 18) + (1UL << 16)))]
    [InlineData(12, 12u, 1UL << 31, 2u, 2 * ((1UL << 22) + (1UL << 13)))]
    public void Create_OnBareMetal_CountsAllLevels(int kernelShift, uint pageShift, ulong size, uint levels, ulong bytes)
    {
        var rig = new SpaprRig(platform: new PowerNvPlatform(kernelShift));
        rig.Remove(0);
        Assert.Equal(SysResult.Success, rig.Create(pageShift, size, levels, out var start));
        Assert.Equal(0UL, start);
        Assert.Equal(bytes / 4096, rig.Locked);
        rig.Remove(0);
        Assert.Equal(0UL, rig.Locked);
    }

    [Fact]
    public void Create_OnBareMetalWithoutLevelsEnough_ENOMEM()
    {
        var rig = new SpaprRig(platform: new PowerNvPlatform(12));
        Assert.Equal(Errno.ENOMEM, rig.Create(12, 1UL << 40, 1, out _).Errno);
        Assert.Equal(SysResult.Success, rig.Create(12, 1UL << 40, 3, out _));
    }

    [Fact]
    public void Unmap_OfAWholeWindowThatIsHuge_IsQuick()
    {
        var rig = new SpaprRig(platform: new PowerNvPlatform(12));
        rig.Register(1, 47);
        Assert.Equal(SysResult.Success, rig.Create(12, 1UL << 48, 4, out var start));
        Assert.Equal(SysResult.Success, rig.Map(start + (1UL << 47), 9, 1));
        Assert.Equal(SysResult.Success, rig.Unmap(start, 1UL << 48));
        Assert.Null(rig.Read(start + (1UL << 47)));
    }
}
