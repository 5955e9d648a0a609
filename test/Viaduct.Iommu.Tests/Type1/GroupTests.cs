using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

public sealed class GroupTests
{
    private readonly Type1Rig _rig = new();

    [Fact]
    public void AttachGroup_Twice_ReturnsEINVAL()
        => Assert.Equal(Errno.EINVAL, _rig.Iommu.AttachGroup(_rig.Group).Errno);

    [Theory]
    [InlineData(false, Errno.EPERM)]
    [InlineData(true, Errno.None)]
    public void AttachGroup_MsiNotIsolated_WantsTheOption(bool allowed, Errno expected)
    {
        var unit = Type1Rig.Unit with { HasIsolatedMsi = false };
        var rig = new Type1Rig(options: new Type1Options { AllowUnsafeInterrupts = allowed }, unit: unit);
        Assert.Equal(expected, rig.Attached.Errno);
        Assert.Equal(expected == Errno.None, rig.Group.AddressSpace is not null);
    }

    [Fact]
    public void AttachGroup_NothingLeftToMap_ReturnsEINVAL_BeforeEPERM()
    {
        var unit = Type1Rig.Unit with
        {
            HasIsolatedMsi = false,
            ReservedRegions = [new ReservedRegion(0, (1UL << 48) - 1, "reserved")],
        };
        Assert.Equal(Errno.EINVAL, new Type1Rig(unit: unit).Attached.Errno);
    }

    [Fact]
    public void AttachGroup_SecondGroup_SharesTheMappings()
    {
        var other = new IommuGroup(2, Type1Rig.Unit);
        Assert.Equal(Errno.None, _rig.MapPages(0x1000, 1));
        Assert.Equal(Errno.None, _rig.Iommu.AttachGroup(other).Errno);
        var port = new DmaPort(other) { BusMaster = true };
        Assert.True(port.Write(0x1000, [9]).IsOk);
        _rig.Iommu.DetachGroup(_rig.Group);
        Assert.Equal(DmaStatus.Fault, _rig.Port.Write(0x1000, [8]).Status);
        Assert.True(port.Write(0x1000, [7]).IsOk);
        Assert.Equal(1, _rig.Iommu.MappingCount);
    }

    [Theory]
    [InlineData(0x1000UL, Errno.None)]
    [InlineData(0x1_0000_0000UL, Errno.EINVAL)]
    public void AttachGroup_SmallerAperture_MustHoldWhatIsMapped(ulong iova, Errno expected)
    {
        Assert.Equal(Errno.None, _rig.MapPages(iova, 1));
        var small = new IommuGroup(2, Type1Rig.Unit with { ApertureLast = uint.MaxValue });
        Assert.Equal(expected, _rig.Iommu.AttachGroup(small).Errno);
        Assert.Equal(expected == Errno.None ? Errno.EINVAL : Errno.None, _rig.MapPages(0x2_0000_0000, 1));
        _rig.Iommu.DetachGroup(small);
        Assert.Equal(Errno.None, _rig.MapPages(0x3_0000_0000, 1));
    }

    [Theory]
    [InlineData("reserved", Errno.EINVAL)]
    [InlineData("direct", Errno.EINVAL)]
    [InlineData("direct-relaxable", Errno.None)]
    public void AttachGroup_ReservedRegionOverAMapping_ReturnsEINVAL(string type, Errno expected)
    {
        Assert.Equal(Errno.None, _rig.MapPages(0xa_0000, 1));
        var unit = Type1Rig.Unit with { ReservedRegions = [new ReservedRegion(0xa_0000, 0xb_ffff, type)] };
        Assert.Equal(expected, _rig.Iommu.AttachGroup(new IommuGroup(2, unit)).Errno);
    }

    [Fact]
    public void AttachGroup_ApertureBelowTheFirstRange_ReturnsEINVAL()
    {
        var high = Type1Rig.Unit with { ReservedRegions = [new ReservedRegion(0, 0xffff, "reserved")] };
        var rig = new Type1Rig(unit: high);
        var low = new IommuGroup(2, Type1Rig.Unit with { ApertureLast = 0xffff });
        Assert.Equal(Errno.EINVAL, rig.Iommu.AttachGroup(low).Errno);
        Assert.Null(low.AddressSpace);
    }

    [Fact]
    public void AttachGroup_PageSizes_AreWhatAllUnitsHave()
    {
        var other = new IommuGroup(2, Type1Rig.Unit with { PageSizes = 0x200000 | 0x1000 | 0x10000 });
        Assert.Equal(Errno.None, _rig.Iommu.AttachGroup(other).Errno);
        Assert.Equal(Errno.None, _rig.Call(VfioIoctl.VFIO_IOMMU_GET_INFO, 16u));
        Assert.Equal(0x201000u, BitConverter.ToUInt32(_rig.Memory.Bytes, 8));
    }

    [Fact]
    public void DetachGroup_LastOne_DropsEverything()
    {
        Assert.Equal(Errno.None, _rig.MapPages(0x1000, 4));
        _rig.Iommu.DetachGroup(_rig.Group);
        Assert.Equal(DmaStatus.Fault, _rig.Port.Read(0x1000, new byte[1]).Status);
        Assert.Equal((0, 0UL, 0), (_rig.Iommu.MappingCount, _rig.Memory.Locked.Pages, _rig.Memory.Source.Pins));
        _rig.Iommu.DetachGroup(_rig.Group);
    }

    [Fact]
    public void Release_DropsEverything()
    {
        Assert.Equal(Errno.None, _rig.MapPages(0x1000, 4));
        Assert.Equal(Errno.None, _rig.MapPages(0x9000, 4));
        _rig.Iommu.Release();
        Assert.Equal((0, 0UL, 0), (_rig.Iommu.MappingCount, _rig.Memory.Locked.Pages, _rig.Memory.Source.Pins));
    }

    [Fact]
    public void Port_FollowsItsGroupFromContainerToContainer()
    {
        var other = new Type1Iommu(true, new Type1Options());
        Assert.Equal(Errno.None, _rig.MapPages(0x1000, 1));
        Assert.True(_rig.Port.Write(0x1000, [1]).IsOk);
        _rig.Iommu.DetachGroup(_rig.Group);
        Assert.Equal(Errno.None, other.AttachGroup(_rig.Group).Errno);
        Assert.Equal(DmaStatus.Fault, _rig.Port.Write(0x1000, [2]).Status);
        other.DetachGroup(_rig.Group);
        Assert.Equal(Errno.None, _rig.Iommu.AttachGroup(_rig.Group).Errno);
        Assert.Equal(Errno.None, _rig.MapPages(0x1000, 1));
        Assert.True(_rig.Port.Write(0x1000, [3]).IsOk);
    }
}
