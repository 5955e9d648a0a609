using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Vfio.Groups;
using Viaduct.Vfio.Tests.Infrastructure;

namespace Viaduct.Vfio.Tests.Groups;

public sealed class GroupFileTests
{
    private const ulong Unmapped = FakeMemory.End;

    private readonly Machine _machine = new();

    [Fact]
    public void Open_Again_ReturnsEBUSY()
    {
        var group = _machine.OpenGroup();
        Assert.Equal(Errno.EBUSY, _machine.Group.Open(out var second).Errno);
        Assert.Null(second);
        group.Release();
        Assert.Equal(SysResult.Success, _machine.Group.Open(out _));
    }

    [Fact]
    public void Open_NoDevice_ReturnsENODEV()
    {
        var empty = new VfioGroup(_machine.System, new IommuGroup(1, _machine.Group.Iommu.Unit));
        Assert.Equal(Errno.ENODEV, empty.Open(out _).Errno);
    }

    [Fact]
    public void Ioctl_Unknown_ReturnsENOTTY()
        => Assert.Equal(Errno.ENOTTY, _machine.OpenGroup().Ioctl(_machine.Caller, VfioIoctl.VFIO_SET_IOMMU, 0).Errno);

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void GetStatus_ShortArgsz_ReturnsEINVAL(int argsz)
        => Assert.Equal(Errno.EINVAL, GetStatus(_machine.OpenGroup(), argsz, out _).Errno);

    [Theory]
    [InlineData(Unmapped)]
    [InlineData(Unmapped - 7)]
    [InlineData(0UL)]
    [InlineData(ulong.MaxValue)]
    public void GetStatus_BadPointer_ReturnsEFAULT(ulong address)
        => Assert.Equal(
            Errno.EFAULT, _machine.OpenGroup().Ioctl(_machine.Caller, VfioIoctl.VFIO_GROUP_GET_STATUS, address).Errno);

    [Fact]
    public void GetStatus_ReadOnlyMemory_ReturnsEFAULT()
    {
        _machine.Memory.IsReadOnly = true;
        Assert.Equal(Errno.EFAULT, GetStatus(_machine.OpenGroup(), 8, out _).Errno);
    }

    [Fact]
    public void AGroupWithADeviceOfAHostDriver_IsNotViableAndGetsNoContainer()
    {
        _machine.Group.Iommu.HostDriverCount = 1;
        var group = _machine.OpenGroup();
        Assert.Equal(SysResult.Success, GetStatus(group, 8, out var flags));
        Assert.Equal(0, flags);
        Assert.Equal(Errno.EPERM, _machine.SetContainer(group, _machine.System.OpenContainer()).Errno);
        Assert.Equal(SysResult.Success, _machine.SetContainer(_machine.OpenGroup(9), _machine.System.OpenContainer()));
    }

    [Fact]
    public void GetStatus_TellsWhetherAContainerIsSet()
    {
        var group = _machine.OpenGroup();
        Assert.Equal(SysResult.Success, GetStatus(group, -1, out var flags));
        Assert.Equal(1, flags);
        _machine.SetContainer(group, _machine.System.OpenContainer());
        Assert.Equal(SysResult.Success, GetStatus(group, 8, out flags));
        Assert.Equal(3, flags);
    }

    [Fact]
    public void SetContainer_BadPointer_ReturnsEFAULT()
        => Assert.Equal(
            Errno.EFAULT,
            _machine.OpenGroup().Ioctl(_machine.Caller, VfioIoctl.VFIO_GROUP_SET_CONTAINER, Unmapped - 3).Errno);

    [Theory]
    [InlineData(FakeCaller.Closed)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void SetContainer_ClosedDescriptor_ReturnsEBADF(int fd)
    {
        var (_, group) = _machine.Attach();
        Assert.Equal(Errno.EBADF, _machine.SetContainer(group, fd).Errno);
        Assert.Equal(Errno.EBADF, _machine.SetContainer(_machine.OpenGroup(9), fd).Errno);
    }

    [Fact]
    public void SetContainer_NotAVfioFile_ReturnsEBADFD()
        => Assert.Equal(Errno.EBADFD, _machine.SetContainer(_machine.OpenGroup(), FakeCaller.OtherFile).Errno);

    [Fact]
    public void SetContainer_AGroup_ReturnsEBADFD()
    {
        var group = _machine.OpenGroup();
        Assert.Equal(Errno.EBADFD, _machine.SetContainer(group, _machine.Caller.Add(group)).Errno);
    }

    [Fact]
    public void SetContainer_OneIsSet_ReturnsEINVALWhateverTheFile()
    {
        var (container, group) = _machine.Attach();
        Assert.Equal(Errno.EINVAL, _machine.SetContainer(group, container).Errno);
        Assert.Equal(Errno.EINVAL, _machine.SetContainer(group, FakeCaller.OtherFile).Errno);
    }

    [Fact]
    public void SetContainer_BackendRefuses_ReturnsItsErrorAndSetsNothing()
    {
        var (container, _) = _machine.Attach();
        _machine.Driver.RefusedGroup = 9;
        var second = _machine.OpenGroup(9);
        Assert.Equal(Errno.EPERM, _machine.SetContainer(second, container).Errno);
        Assert.Equal(Errno.EINVAL, _machine.UnsetContainer(second).Errno);
    }

    [Fact]
    public void UnsetContainer_None_ReturnsEINVAL()
        => Assert.Equal(Errno.EINVAL, _machine.UnsetContainer(_machine.OpenGroup()).Errno);

    [Fact]
    public void UnsetContainer_DeviceOpen_ReturnsEBUSYUntilItIsClosed()
    {
        var (_, group) = _machine.Attach();
        var first = _machine.OpenDevice(group);
        var second = _machine.OpenDevice(group);
        var sibling = _machine.OpenDevice(group, "b");
        foreach (var device in new[] { first, second, sibling })
        {
            Assert.Equal(Errno.EBUSY, _machine.UnsetContainer(group).Errno);
            device.Release();
        }

        Assert.Equal(SysResult.Success, _machine.UnsetContainer(group));
    }

    [Fact]
    public void GetDeviceFd_BadPointer_ReturnsEFAULT()
        => Assert.Equal(
            Errno.EFAULT, _machine.OpenGroup().Ioctl(_machine.Caller, VfioIoctl.VFIO_GROUP_GET_DEVICE_FD, Unmapped).Errno);

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("aa")]
    [InlineData("c")]
    public void GetDeviceFd_NoSuchDevice_ReturnsENODEV(string name)
    {
        var (_, group) = _machine.Attach();
        Assert.Equal(Errno.ENODEV, _machine.GetDevice(group, name).Errno);
    }

    [Fact]
    public void GetDeviceFd_NameOfAPage_ReturnsEINVAL()
    {
        Assert.Equal(Errno.EINVAL, _machine.GetDevice(_machine.OpenGroup(), new string('a', 4096)).Errno);
    }

    [Fact]
    public void GetDeviceFd_NameOfAlmostAPage_IsCompared()
    {
        Assert.Equal(Errno.ENODEV, _machine.GetDevice(_machine.OpenGroup(), new string('a', 4095)).Errno);
    }

    [Fact]
    public void GetDeviceFd_BadOptions_ReturnsTheDriversError()
    {
        _machine.Device.OptionsError = Errno.EACCES;
        Assert.Equal(Errno.EACCES, _machine.GetDevice(_machine.OpenGroup(), "a token").Errno);
    }

    [Fact]
    public void GetDeviceFd_NoContainer_ReturnsEINVAL()
        => Assert.Equal(Errno.EINVAL, _machine.GetDevice(_machine.OpenGroup()).Errno);

    [Fact]
    public void GetDeviceFd_NoIommu_ReturnsEINVAL()
    {
        var group = _machine.OpenGroup();
        _machine.SetContainer(group, _machine.System.OpenContainer());
        Assert.Equal(Errno.EINVAL, _machine.GetDevice(group).Errno);
        Assert.Equal(0, _machine.Device.Opened);
        Assert.Equal(SysResult.Success, _machine.UnsetContainer(group));
    }

    [Fact]
    public void GetDeviceFd_IsCloseOnExec()
    {
        var (_, group) = _machine.Attach();
        _machine.OpenDevice(group);
        Assert.True(_machine.Caller.LastIsCloseOnExec);
    }

    [Fact]
    public void GetDeviceFd_NoDescriptorLeft_IsToldBeforeThatThereIsNoContainer()
    {
        var group = _machine.OpenGroup();
        Assert.Equal(Errno.EINVAL, _machine.GetDevice(group).Errno);
        _machine.Caller.HasFullTable = true;
        Assert.Equal(Errno.EMFILE, _machine.GetDevice(group).Errno);
        Assert.Equal(Errno.ENODEV, _machine.GetDevice(group, "nothing").Errno);
    }

    [Fact]
    public void GetDeviceFd_NoDescriptorLeft_LeavesTheDeviceClosed()
    {
        var (_, group) = _machine.Attach();
        _machine.Caller.InstallError = Errno.EMFILE;
        Assert.Equal(Errno.EMFILE, _machine.GetDevice(group).Errno);
        Assert.Equal(1, _machine.Device.Closed);
        Assert.Equal(0, _machine.Device.OpenCount);
        Assert.Equal(SysResult.Success, _machine.UnsetContainer(group));
    }

    private SysResult GetStatus(GroupFile group, int argsz, out int flags)
    {
        var result = group.Ioctl(_machine.Caller, VfioIoctl.VFIO_GROUP_GET_STATUS, _machine.Memory.PutInt32(argsz));
        flags = BitConverter.ToInt32(_machine.Memory.Bytes, 4);
        return result;
    }
}
