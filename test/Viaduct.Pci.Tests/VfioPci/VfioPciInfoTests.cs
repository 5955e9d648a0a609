using Viaduct.Abi;
using Viaduct.Pci.Hardware;
using Viaduct.Pci.Tests.Infrastructure;

namespace Viaduct.Pci.Tests.VfioPci;

public sealed class VfioPciInfoTests
{
    [Fact]
    public void GetInfo_OfEdu_HasNoReset()
    {
        using var client = new Client(TestFunction.Edu());
        Assert.Equal(SysResult.Success, client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_INFO, 24, 9, 9, 9, 9, 9));
        Assert.Equal([24u, 2, 9, 5, 0, 0], Words(client, 6));
        Assert.Equal(Errno.EINVAL, client.Ioctl(VfioIoctl.VFIO_DEVICE_RESET).Errno);
    }

    [Fact]
    public void GetInfo_WritesAsManyBytesAsArgsz()
    {
        using var client = new Client(TestFunction.Express());
        client.ArgumentBytes[..32].Fill(0xaa);
        Assert.Equal(SysResult.Success, client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_INFO, 17));
        Assert.Equal([17u, 3, 9, 5, 0xaaaaaa00], Words(client, 5));
        Assert.Equal(Errno.EINVAL, client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_INFO, 15).Errno);
        Assert.Equal(Errno.EFAULT, client.Device.Ioctl(client.Caller, VfioIoctl.VFIO_DEVICE_GET_INFO, 8).Errno);
    }

    [Theory]
    [InlineData(0u, 7u, 1u << 20)]
    [InlineData(1u, 0u, 0u)]
    [InlineData(6u, 0u, 0u)]
    [InlineData(7u, 3u, 256u)]
    public void GetRegionInfo_OfEdu(uint index, uint flags, uint size)
    {
        using var client = new Client(TestFunction.Edu());
        Assert.Equal(SysResult.Success, client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_REGION_INFO, 64, 9, index, 0xaaaaaaaa));
        Assert.Equal([64, flags, index, 0xaaaaaaaa, size, 0, 0, index << 8], Words(client, 8));
    }

    [Fact]
    public void GetRegionInfo_CallerThatRunsGuests_HasNothingToMap()
    {
        using var client = new Client(TestFunction.Express());
        client.Caller.RunsGuests = true;
        Assert.Equal(SysResult.Success, client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_REGION_INFO, 40, 0, 0, 9));
        Assert.Equal([40u, 3, 0, 9, 0x4000], Words(client, 5));
        Assert.Equal(SysResult.Success, client.Device.Mmap(new(0, 4096, true)));
        Assert.Equal(Errno.EINVAL, client.Device.Mmap(new(0, 4096, true) { RunsGuests = true }).Errno);
    }

    [Theory]
    [InlineData(32u, 8u)]
    [InlineData(32u, uint.MaxValue)]
    [InlineData(31u, 0u)]
    public void GetRegionInfo_WrongIndexOrSize_ReturnsEINVAL(uint argsz, uint index)
    {
        using var client = new Client(TestFunction.Edu());
        Assert.Equal(Errno.EINVAL, client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_REGION_INFO, argsz, 9, index).Errno);
        Assert.Equal([argsz, 9, index], Words(client, 3));
    }

    [Fact]
    public void GetRegionInfo_OfTheMsixBar_IsMappableAsAWhole()
    {
        using var client = new Client(TestFunction.Express());
        Assert.Equal(SysResult.Success, client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_REGION_INFO, 32, 0, 0, 9));
        Assert.Equal([40u, 0xf, 0, 0, 0x4000], Words(client, 5));
        Assert.Equal(SysResult.Success, client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_REGION_INFO, 40, 0, 0, 9));
        Assert.Equal([40u, 0xf, 0, 32, 0x4000, 0, 0, 0, 0x00010003, 0], Words(client, 10));
    }

    [Fact]
    public void GetRegionInfo_IoBar_CannotBeMapped()
    {
        using var client = new Client(TestFunction.Express());
        client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_REGION_INFO, 32, 0, 2, 9);
        Assert.Equal([32u, 3, 2, 9, 32], Words(client, 5));
    }

    [Fact]
    public void GetRegionInfo_SparseBar_ChainsItsAreas()
    {
        var function = new TestFunction(TestFunction.EduIdentity);
        function.Add(new PciBar(0, PciBarKind.Memory32, 0x8000, new RamRegisters(0x8000))
        {
            MappableAreas = [new PciBarArea(0x1000, 0x2000), new PciBarArea(0x5000, 0x1000)],
        });
        function.Add(new MsixCapability(1, 0, 0, 0, 0x800));
        using var client = new Client(function);
        Assert.Equal(SysResult.Success, client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_REGION_INFO, 32, 0, 0, 9));
        Assert.Equal([88u, 0xf, 0, 0], Words(client, 4));
        Assert.Equal(SysResult.Success, client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_REGION_INFO, 88, 0, 0, 9));
        Assert.Equal([0x00010001u, 80, 2, 0, 0x1000, 0, 0x2000, 0, 0x5000, 0, 0x1000, 0, 0x00010003, 0], Words(client, 22)[8..]);
    }

    [Theory]
    [InlineData(0u, 7u, 1u)]
    [InlineData(1u, 9u, 4u)]
    [InlineData(2u, 1u, 5u)]
    [InlineData(3u, 9u, 1u)]
    [InlineData(4u, 9u, 1u)]
    public void GetIrqInfo_OfAnExpressFunction(uint index, uint flags, uint count)
    {
        using var client = new Client(TestFunction.Express());
        Assert.Equal(SysResult.Success, client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_IRQ_INFO, 16, 0, index, 0));
        Assert.Equal([16, flags, index, count], Words(client, 4));
    }

    [Fact]
    public void GetIrqInfo_WithoutMsix_IsNotResizable()
    {
        using var client = new Client(TestFunction.Edu());
        client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_IRQ_INFO, 16, 0, 2, 7);
        Assert.Equal([16u, 9, 2, 0], Words(client, 4));
        Assert.Equal(Errno.EINVAL, client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_IRQ_INFO, 16, 0, 5, 7).Errno);
        Assert.Equal(Errno.EINVAL, client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_IRQ_INFO, 15, 0, 1, 7).Errno);
    }

    [Theory]
    [InlineData(11u, Errno.EINVAL)]
    [InlineData(12u, Errno.ENODEV)]
    [InlineData(100u, Errno.ENODEV)]
    public void GetPciHotResetInfo_OnARootBus(uint argsz, Errno errno)
    {
        using var client = new Client(TestFunction.Edu());
        Assert.Equal(errno, client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, argsz).Errno);
        Assert.Equal(Errno.EFAULT, client.Device.Ioctl(client.Caller, VfioIoctl.VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, 0).Errno);
    }

    [Theory]
    [InlineData(8u, 0u, 1u, Errno.EINVAL)]
    [InlineData(12u, 1u, 1u, Errno.EINVAL)]
    [InlineData(12u, 0u, 0u, Errno.EINVAL)]
    [InlineData(12u, 0u, 1u, Errno.ENODEV)]
    [InlineData(100u, 0u, 1000u, Errno.ENODEV)]
    public void PciHotReset_OnARootBus(uint argsz, uint flags, uint count, Errno errno)
    {
        using var client = new Client(TestFunction.Edu());
        Assert.Equal(errno, client.Ioctl(VfioIoctl.VFIO_DEVICE_PCI_HOT_RESET, argsz, flags, count).Errno);
    }

    // As a real kernel answered for edu: argsz 64, flags 0 to 7 in bits 18:16 (1 GET, 2 SET, 4 PROBE).
    [Theory]
    [InlineData(0u, "ENOTTY ENOTTY ENOTTY EINVAL ENOTTY ENOTTY ENOTTY ENOTTY")]
    [InlineData(1u, "ENOTTY ENOTTY ENOTTY EINVAL ENOTTY ENOTTY ENOTTY ENOTTY")]
    [InlineData(3u, "EINVAL EINVAL None EINVAL None EINVAL None EINVAL")]
    [InlineData(5u, "EINVAL EINVAL None EINVAL None EINVAL None EINVAL")]
    [InlineData(10u, "ENOTTY ENOTTY ENOTTY EINVAL ENOTTY ENOTTY ENOTTY ENOTTY")]
    [InlineData(12u, "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL")]
    [InlineData(15u, "ENOTTY ENOTTY ENOTTY EINVAL ENOTTY ENOTTY ENOTTY ENOTTY")]
    public void Feature_AnswersAsTheKernel(uint id, string expected)
    {
        using var client = new Client(TestFunction.Edu());
        var answers = Enumerable.Range(0, 8).Select(f => client.Ioctl(VfioIoctl.VFIO_DEVICE_FEATURE, 64, id | ((uint)f << 16)).Errno);
        Assert.Equal(expected, string.Join(' ', answers));
    }

    [Theory]
    [InlineData(7u, 0x40003u, Errno.EINVAL)]
    [InlineData(8u, 0x80003u, Errno.EINVAL)]
    [InlineData(8u, 0x3ffffu, Errno.EINVAL)]
    [InlineData(8u, 0x4ffffu, Errno.ENOTTY)]
    [InlineData(8u, 0x20004u, Errno.EINVAL)]
    public void Feature_WrongArguments(uint argsz, uint flags, Errno errno)
    {
        using var client = new Client(TestFunction.Edu());
        Assert.Equal(errno, client.Ioctl(VfioIoctl.VFIO_DEVICE_FEATURE, argsz, flags).Errno);
    }

    [Fact]
    public void LowPower_TakesMappedBarsAway_UntilExit()
    {
        using var client = new Client(TestFunction.Edu());
        Assert.Equal(Errno.None, client.Ioctl(VfioIoctl.VFIO_DEVICE_FEATURE, 8, 0x20003).Errno);
        Assert.Equal(Errno.EINVAL, client.Ioctl(VfioIoctl.VFIO_DEVICE_FEATURE, 8, 0x20003).Errno);
        Assert.False(client.Device.TryLoad(0, 4, out _));
        Assert.Equal(0u, client.Get(0, 4));
        Assert.Equal(Errno.None, client.Ioctl(VfioIoctl.VFIO_DEVICE_FEATURE, 8, 0x20005).Errno);
        Assert.True(client.Device.TryLoad(0, 4, out _));
        Assert.Equal(Errno.None, client.Ioctl(VfioIoctl.VFIO_DEVICE_FEATURE, 8, 0x20005).Errno);
    }

    [Fact]
    public void LowPowerWithWakeup_StaysUntilExit()
    {
        using var client = new Client(TestFunction.Edu());
        var wakeup = client.Caller.NewEventFd();
        Assert.Equal(Errno.EINVAL, client.Ioctl(VfioIoctl.VFIO_DEVICE_FEATURE, 16, 0x20004, uint.MaxValue).Errno);
        Assert.Equal(Errno.EBADF, client.Ioctl(VfioIoctl.VFIO_DEVICE_FEATURE, 16, 0x20004, FakeCaller.Closed).Errno);
        Assert.Equal(Errno.None, client.Ioctl(VfioIoctl.VFIO_DEVICE_FEATURE, 16, 0x20004, (uint)wakeup.Number).Errno);
        client.Get(0, 4);
        Assert.Equal(0u, wakeup.Take());
        Assert.False(client.Device.TryStore(0, 4, 1));
        Assert.Equal(Errno.EINVAL, client.Ioctl(VfioIoctl.VFIO_DEVICE_FEATURE, 8, 0x20003).Errno);
        Assert.Equal(Errno.None, client.Ioctl(VfioIoctl.VFIO_DEVICE_FEATURE, 8, 0x20005).Errno);
        Assert.Equal(0u, wakeup.Take());
        Assert.True(client.Device.TryStore(0, 4, 1));
    }

    [Fact]
    public void UnknownIoctl_ReturnsENOTTY()
    {
        using var client = new Client(TestFunction.Edu());
        Assert.Equal(Errno.ENOTTY, client.Ioctl(VfioIoctl.VFIO_DEVICE_QUERY_GFX_PLANE).Errno);
        Assert.Equal(Errno.ENOTTY, client.Ioctl(0x5401).Errno);
    }

    private static uint[] Words(Client client, int count) => [.. Enumerable.Range(0, count).Select(client.Word)];
}
