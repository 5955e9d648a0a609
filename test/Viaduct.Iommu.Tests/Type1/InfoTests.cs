using System.Buffers.Binary;
using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

public sealed class InfoTests
{
    private readonly Type1Rig _rig = new();

    [Theory]
    [InlineData(0u)]
    [InlineData(15u)]
    public void GetInfo_ShortArgsz_ReturnsEINVAL(uint argSz) => Assert.Equal(Errno.EINVAL, Get(argSz));

    [Fact]
    public void GetInfo_BadPointer_ReturnsEFAULT()
        => Assert.Equal(Errno.EFAULT, _rig.Iommu.Ioctl(_rig.Task, VfioIoctl.VFIO_IOMMU_GET_INFO, 0).Errno);

    /// <summary>The bytes are a real kernel's.</summary>
    [Theory]
    [InlineData(0x10u, "78000000030000000010204000000000AAAAAAAAAAAAAAAA")]
    [InlineData(0x11u, "7800000003000000001020400000000000AAAAAAAAAAAAAA")]
    [InlineData(0x17u, "7800000003000000001020400000000000000000000000AA")]
    [InlineData(0x18u, "780000000300000000102040000000000000000000000000")]
    [InlineData(0x77u, "780000000300000000102040000000000000000000000000")]
    public void GetInfo_NoRoomForCapabilities_SaysHowMuchIsNeeded(uint argSz, string expected)
    {
        Assert.Equal(Errno.None, Get(argSz));
        Assert.Equal(expected, Convert.ToHexString(_rig.Memory.Bytes[..24]));
        Assert.Equal(0xaa, _rig.Memory.Bytes[24]);
    }

    /// <summary>The bytes are a real kernel's.</summary>
    [Fact]
    public void GetInfo_Capabilities_AreMigrationThenDmaAvailThenRanges()
    {
        Assert.Equal(Errno.None, Get(120));
        Assert.Equal(
            "78000000030000000010204000000000" + "1800000000000000"
            + "0200010038000000" + "0000000000000000" + "0010000000000000" + "0000001000000000"
            + "0300010048000000" + "FFFF000000000000"
            + "0100010000000000" + "0200000000000000"
            + "0000000000000000" + "FFFFDFFE00000000" + "0000F0FE00000000" + "FFFFFFFFFFFF0000",
            Convert.ToHexString(_rig.Memory.Bytes[..120]));
        Assert.Equal(0xaa, _rig.Memory.Bytes[120]);
    }

    [Fact]
    public void GetInfo_LessMemoryThanArgszSays_ReturnsEFAULT()
    {
        var at = FakeMemory.Page(64) - 64;
        _rig.Memory.TryWrite(at, 4096u);
        Assert.Equal(Errno.EFAULT, _rig.Iommu.Ioctl(_rig.Task, VfioIoctl.VFIO_IOMMU_GET_INFO, at).Errno);
    }

    [Fact]
    public void GetInfo_DmaAvail_CountsDownAndUp()
    {
        Assert.Equal(Errno.None, _rig.MapPages(0, 1));
        Assert.Equal(Errno.None, _rig.MapPages(0x1000, 1));
        Assert.Equal(65533u, Available());
        Assert.Equal(Errno.None, _rig.Unmap(0, 0x2000, out _));
        Assert.Equal(65535u, Available());
    }

    [Theory]
    [InlineData(1UL, 1, 1)]
    [InlineData(3UL, 1, 1)]
    [InlineData(9UL, 1, 1)]
    [InlineData(10UL, 0, 1)]
    [InlineData(4UL, 0, 1)]
    [InlineData(6UL, 0, 0)]
    [InlineData(2UL, 0, 0)]
    [InlineData(0UL, 0, 0)]
    [InlineData(0x1_0000_0001UL, 0, 0)]
    [InlineData(ulong.MaxValue, 0, 0)]
    public void CheckExtension_AnswersForTheDriverAndForTheContainer(ulong extension, long driver, long container)
    {
        Assert.Equal(driver, new Type1Driver(new Type1Options()).CheckExtension(extension).Raw);
        Assert.Equal(container, _rig.Iommu.CheckExtension(extension).Raw);
    }

    [Fact]
    public void CheckExtension_DmaCc_WantsItOfEveryUnit()
    {
        var other = new IommuGroup(2, Type1Rig.Unit with { EnforcesCacheCoherency = false });
        Assert.Equal(Errno.None, _rig.Iommu.AttachGroup(other).Errno);
        Assert.Equal(0, _rig.Iommu.CheckExtension(VfioIommuType.VFIO_DMA_CC_IOMMU).Raw);
    }

    [Theory]
    [InlineData(1UL, Errno.None)]
    [InlineData(3UL, Errno.None)]
    [InlineData(9UL, Errno.EINVAL)]
    [InlineData(0x1_0000_0001UL, Errno.EINVAL)]
    public void Open_KnowsItsTypes(ulong type, Errno expected)
    {
        var result = new Type1Driver(new Type1Options()).Open(type, out var backend);
        Assert.Equal(expected, result.Errno);
        Assert.Equal(expected == Errno.None, backend is not null);
    }

    private Errno Get(uint argSz)
    {
        _rig.Memory.Bytes.AsSpan(0, 4096).Fill(0xaa);
        return _rig.Call(VfioIoctl.VFIO_IOMMU_GET_INFO, argSz);
    }

    private uint Available()
    {
        Assert.Equal(Errno.None, Get(120));
        return BinaryPrimitives.ReadUInt32LittleEndian(_rig.Memory.Bytes.AsSpan(64));
    }
}
