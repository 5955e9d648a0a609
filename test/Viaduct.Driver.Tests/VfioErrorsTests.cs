using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Driver.Tests;

/// <summary>Errors say what, why and how to mend it, from what the machine's files say.</summary>
public sealed class VfioErrorsTests : IDisposable
{
    private const string Device = "0000:01:00.0";

    private readonly FakeMachine _machine = new();

    private VfioPaths Paths => _machine.Paths;

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void UnknownDevice_ListsWhatThereIs()
    {
        _machine.AddDevice("0000:00:05.0", 1, null);
        var seen = Assert.Throws<VfioException>(() => VfioContainer.FindGroup(Paths, Device));
        Assert.Equal(Errno.ENOENT, seen.Errno);
        Assert.Contains($"there is no PCI device {Device}", seen.Message);
        Assert.Contains("0000:00:05.0", seen.Why);
    }

    [Fact]
    public void NoGroup_SaysThatTheIommuIsOff()
    {
        _machine.AddDevice(Device, null, "vfio-pci");
        var seen = Assert.Throws<VfioException>(() => VfioContainer.FindGroup(Paths, Device));
        Assert.Equal(Errno.ENODEV, seen.Errno);
        Assert.Contains("intel_iommu=on", seen.Help);
        Assert.Equal(7, VfioContainer.FindGroup(_machine.AddDevice("0000:02:00.0", 7, null).Paths, "0000:02:00.0"));
    }

    [Fact]
    public void MissingContainerNode_AsksForTheModule()
    {
        var seen = Assert.Throws<VfioException>(() => VfioContainer.Open(IommuPreference.Any, Paths));
        Assert.Equal(Errno.ENOENT, seen.Errno);
        Assert.Equal("open", seen.Call);
        Assert.StartsWith($"cannot open {Paths.Container}: open: ENOENT\n  why: ", seen.Message);
        Assert.Contains("modprobe vfio-pci", seen.Help);
    }

    [Fact]
    public void AFileThatIsNotVfio_IsRefusedWithItsErrno()
    {
        File.WriteAllText(Paths.Container, "");
        var seen = Assert.Throws<VfioException>(() => VfioContainer.Open(IommuPreference.Any, Paths));
        Assert.Equal(Errno.ENOTTY, seen.Errno);
        Assert.Equal("VFIO_GET_API_VERSION", seen.Call);
    }

    [Theory]
    [InlineData("ioatdma", "bound to the driver ioatdma, not to vfio-pci")]
    [InlineData(null, "bound to no driver, not to vfio-pci")]
    public void DeviceOfAnotherDriver_GivesTheLineThatChangesIt(string? driver, string why)
    {
        _machine.AddDevice(Device, 12, driver);
        foreach (var seen in new[]
        {
            VfioErrors.CannotOpenGroup(Paths, Errno.ENOENT, 12, Device),
            VfioErrors.CannotGetDevice(Paths, Errno.ENODEV, 12, Device),
        })
        {
            Assert.Contains(why, seen.Why);
            Assert.Equal($"sudo driverctl set-override {Device} vfio-pci", seen.Help);
        }
    }

    [Fact]
    public void BoundDeviceWithoutANode_PointsAtTheContainerRuntime()
    {
        _machine.AddDevice(Device, 12, "mlx5-vfio-pci");
        Assert.Contains("--device /dev/vfio", VfioErrors.CannotOpenGroup(Paths, Errno.ENOENT, 12, Device).Help);
    }

    [Fact]
    public void GroupWithoutAnIommu_IsNamedAsSuch()
    {
        _machine.AddDevice(Device, 12, "vfio-pci");
        File.WriteAllText(Paths.NoIommuGroup(12), "");
        Assert.Contains("the group has no IOMMU", VfioErrors.CannotOpenGroup(Paths, Errno.ENOENT, 12, Device).Why);
    }

    [Theory]
    [InlineData(HugePageSize.TwoMebibytes, "hugepages-2048kB/nr_hugepages")]
    [InlineData(HugePageSize.OneGibibyte, "hugepages-1048576kB/nr_hugepages")]
    public void HugePages_TooFew_GivesTheLineThatMakesThem(HugePageSize pages, string advice)
    {
        var seen = DmaErrors.CannotAllocate(Errno.ENOMEM, 4UL << 30, pages);
        Assert.Contains($"cannot allocate 4 GiB of DMA memory in pages of {Sizes.Format(1UL << (int)pages)}", seen.Message);
        Assert.Contains(advice, seen.Help);
    }

    [Theory]
    [InlineData(Errno.EACCES, "chown")]
    [InlineData(Errno.EBUSY, "fuser")]
    public void GroupNode_EachErrnoHasItsAdvice(Errno errno, string advice)
    {
        var seen = VfioErrors.CannotOpenGroup(Paths, errno, 12, Device);
        Assert.Contains($"{Paths.Group(12)} for {Device}: open: {errno}", seen.Message);
        Assert.NotEmpty(seen.Why);
        Assert.Contains(advice, seen.Help);
    }

    [Fact]
    public void NotViable_NamesTheOtherDevicesAndTheirDrivers()
    {
        _machine.AddDevice(Device, 3, "vfio-pci").AddDevice("0000:01:00.1", 3, "snd_hda_intel")
            .AddDevice("0000:00:01.0", 3, "pcieport").AddDevice("0000:01:00.2", 3, null);
        var seen = VfioErrors.CannotSetContainer(Paths, Errno.EBUSY, 3);
        Assert.Contains("group 3 is not viable", seen.Message);
        Assert.Contains("0000:01:00.1 (snd_hda_intel);", seen.Why);
        Assert.Equal("driverctl set-override 0000:01:00.1 vfio-pci", seen.Help);
    }

    [Fact]
    public void Iommu_EPERM_ExplainsUnsafeInterrupts() =>
        Assert.Contains("allow_unsafe_interrupts", VfioErrors.CannotSetIommu(Errno.EPERM, 3).Help);

    [Theory]
    [InlineData(Errno.EIO, 0, "BAR 0", "EnableBusMaster")]
    [InlineData(Errno.EFAULT, 7, "configuration space", "")]
    public void Access_NamesRegionAndOffset(Errno errno, int region, string name, string help)
    {
        var seen = VfioErrors.CannotAccess(errno, Device, region, 0x1234, 4, write: false);
        Assert.Contains($"cannot read 4 bytes at 0x1234 of {Device}'s {name}", seen.Message);
        Assert.Contains(help, seen.Help);
    }

    [Theory]
    [InlineData(Errno.ENOMEM, "memlock")]
    [InlineData(Errno.ENOSPC, "fewer and larger")]
    [InlineData(Errno.EFAULT, "DmaAccess.Read")]
    public void MapDma_EachErrnoHasItsAdvice(Errno errno, string advice)
    {
        var seen = DmaErrors.CannotMap("VFIO_IOMMU_MAP_DMA", errno, 0x1000, 3 << 20, DmaAccess.ReadWrite, null);
        Assert.Contains($"cannot map 3 MiB at I/O address 0x1000 for ReadWrite: VFIO_IOMMU_MAP_DMA: {errno}", seen.Message);
        Assert.Contains(advice, seen.Help);
    }

    [Fact]
    public void LockedMemoryLimit_IsThisProcesss() =>
        Assert.Matches("^(unlimited|\\d+ ([KMGTPE]iB|bytes))$", Sysfs.LockedMemoryLimit());

    [Theory]
    [InlineData(0UL, "0 bytes")]
    [InlineData(1UL, "1 bytes")]
    [InlineData(4096UL, "4 KiB")]
    [InlineData(5000UL, "5000 bytes")]
    [InlineData(1UL << 63, "8 EiB")]
    public void Sizes_AreExact(ulong bytes, string expected) => Assert.Equal(expected, Sizes.Format(bytes));
}
