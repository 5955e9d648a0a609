using Viaduct.Abi;

namespace Viaduct.Driver.Tests;

/// <summary>Errors of a device's own node and of iommufd.</summary>
public sealed class CdevErrorsTests : IDisposable
{
    private const string Device = "0000:01:00.0";

    private readonly FakeMachine _machine = new();

    private VfioPaths Paths => _machine.Paths;

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void MissingIommufd_AsksForTheModule()
    {
        var seen = Assert.Throws<VfioException>(() => VfioIommufd.Open(Paths));
        Assert.Equal(Errno.ENOENT, seen.Errno);
        Assert.Contains("modprobe iommufd", seen.Help);
    }

    [Fact]
    public void AFileThatIsNotIommufd_IsRefusedWithItsErrno()
    {
        File.WriteAllText(Paths.Iommufd, "");
        var seen = Assert.Throws<VfioException>(() => VfioIommufd.Open(Paths));
        Assert.Equal(Errno.ENOTTY, seen.Errno);
        Assert.Equal("IOMMU_IOAS_ALLOC", seen.Call);
    }

    [Theory]
    [InlineData("ioatdma", "not to vfio-pci", "driverctl")]
    [InlineData("vfio-pci", "older than 6.6", "VfioApi.Group")]
    public void DeviceWithoutANode_SaysWhy(string driver, string why, string help)
    {
        _machine.AddDevice(Device, 12, driver);
        var seen = CdevErrors.NoNode(Paths, Device);
        Assert.Contains(why, seen.Why);
        Assert.Contains(help, seen.Help);
    }

    [Theory]
    [InlineData(Errno.EBUSY, "group is open")]
    [InlineData(Errno.EINVAL, "another program has the device")]
    [InlineData(Errno.EACCES, "token")]
    [InlineData(Errno.EPERM, "interrupt remapping")]
    public void Bind_EachErrnoHasItsReason(Errno errno, string why)
    {
        _machine.AddDevice(Device, 3, "vfio-pci");
        var seen = CdevErrors.CannotBind(Paths, errno, Device);
        Assert.Equal("VFIO_DEVICE_BIND_IOMMUFD", seen.Call);
        Assert.Contains(why, seen.Why);
        Assert.NotEmpty(seen.Help);
    }

    [Fact]
    public void Bind_OfAGroupWithAHostDriver_NamesIt()
    {
        _machine.AddDevice(Device, 3, "vfio-pci").AddDevice("0000:01:00.1", 3, "snd_hda_intel");
        var seen = CdevErrors.CannotBind(Paths, Errno.EPERM, Device);
        Assert.Contains("0000:01:00.1 (snd_hda_intel)", seen.Why);
        Assert.Equal("driverctl set-override 0000:01:00.1 vfio-pci", seen.Help);
    }

    [Fact]
    public void ANodeThatCannotBeOpened_LeavesTheGroupToBeTried()
    {
        // What VfioApi.Auto goes by.
        Assert.All(
            new[]
            {
                CdevErrors.CannotOpenIommufd(Paths, Errno.EACCES),
                CdevErrors.NoNode(Paths, Device),
                CdevErrors.CannotOpenNode(Paths, Errno.EACCES, "vfio0", Device),
            },
            static seen => Assert.Equal(CdevErrors.OpenCall, seen.Call));
        Assert.NotEqual(CdevErrors.OpenCall, CdevErrors.CannotBind(Paths, Errno.EBUSY, Device).Call);
    }

    [Fact]
    public void Options_ThatContradictEachOther_AreRefused()
    {
        Assert.Equal(VfioApi.Auto, new VfioOpenOptions().ChooseApi());
        Assert.Equal(VfioApi.Group, new VfioOpenOptions { Iommu = IommuPreference.Type1 }.ChooseApi());
        Assert.Equal(VfioApi.Cdev, new VfioOpenOptions { Api = VfioApi.Cdev }.ChooseApi());
        Assert.Throws<ArgumentException>(
            () => new VfioOpenOptions { Api = VfioApi.Cdev, Iommu = IommuPreference.Type1 }.ChooseApi());
    }
}
