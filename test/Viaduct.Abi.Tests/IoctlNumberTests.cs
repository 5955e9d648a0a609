using FsCheck;

namespace Viaduct.Abi.Tests;

public class IoctlNumberTests
{
    [Theory]
    [InlineData(IoctlNumber.None, 0x3B, 100, 0, VfioIoctl.VFIO_GET_API_VERSION)]
    [InlineData(IoctlNumber.None, 0x3B, 0x95, 0, IommufdIoctl.IOMMU_IOAS_NOIOMMU_GET_PA)]
    [InlineData(IoctlNumber.Write, 0xAE, 0xA8, KvmCreateSpaprTce.Size, KvmIoctl.KVM_CREATE_SPAPR_TCE)]
    [InlineData(IoctlNumber.Write, 0xAE, 0xA8, KvmCreateSpaprTce64.StructSize, KvmIoctl.KVM_CREATE_SPAPR_TCE_64)]
    [InlineData(IoctlNumber.Read | IoctlNumber.Write, 0xAE, 0xE0, KvmCreateDevice.Size, KvmIoctl.KVM_CREATE_DEVICE)]
    public void Encode_AndItsParts_AgreeWithTheHeaders(uint direction, uint type, uint number, uint size, uint request)
    {
        Assert.Equal(request, IoctlNumber.Encode(direction, type, number, size));
        Assert.Equal(direction, IoctlNumber.Direction(request));
        Assert.Equal(type, IoctlNumber.Type(request));
        Assert.Equal(number, IoctlNumber.Number(request));
        Assert.Equal(size, IoctlNumber.Size(request));
    }

    [Theory]
    [InlineData(4, 0, 0, 0)]
    [InlineData(0, 0x100, 0, 0)]
    [InlineData(0, 0, 0x100, 0)]
    [InlineData(0, 0, 0, 1 << 14)]
    public void Encode_PartTooWide_Throws(uint direction, uint type, uint number, uint size) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => IoctlNumber.Encode(direction, type, number, size));

    [Fact]
    public void Parts_OfAnyRequest_PackToTheSameRequest() =>
        FsCheck.Fluent.Prop.ForAll<uint>(request => request == IoctlNumber.Encode(
            IoctlNumber.Direction(request), IoctlNumber.Type(request),
            IoctlNumber.Number(request), IoctlNumber.Size(request))).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(VfioIoctl.VFIO_GET_API_VERSION, 0x20003B64u)]
    [InlineData(0x80104101u, 0x40104101u)]
    public void ToPowerPc_MovesTheDirection(uint request, uint expected) =>
        Assert.Equal(expected, IoctlNumber.ToPowerPc(request));

    [Fact]
    public void ToPowerPc_SizeOf14Bits_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            IoctlNumber.ToPowerPc(IoctlNumber.Encode(IoctlNumber.Read, 1, 1, 1 << 13)));
}
