using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;

namespace Viaduct.Vfio.Tests.Cdev;

public sealed class CdevFileTests : IDisposable
{
    private const int Iommufd = 5;

    private static readonly IommuUnit s_unit = new()
    {
        ApertureLast = (1UL << 48) - 1,
        PageSizes = 0x1000,
        ReservedRegions = [],
    };

    private readonly VfioSystem _system = new([]);
    private readonly CdevCaller _caller = new();
    private readonly CdevTestDevice _device = new(new IommuGroup(7, s_unit)) { CharacterDevice = (3, DeviceNumber.Cdev(3)) };
    private readonly CdevFile _file;

    public CdevFileTests()
    {
        _system.Add(_device);
        _file = Open(_device);
        _caller.Files[Iommufd] = VfioSystem.OpenIommufd();
    }

    public void Dispose() => _caller.Dispose();

    private CdevFile Open(CdevTestDevice device)
    {
        Assert.Equal(SysResult.Success, _system.OpenDevice(device, out var file));
        return file!;
    }

    [Fact]
    public void It_is_named_and_numbered_as_its_node()
    {
        Assert.Equal("/dev/vfio/devices/vfio3", _file.LinkName);
        Assert.Equal(DeviceNumber.Cdev(3), _file.DeviceNumber);
        Assert.Equal("vfio-device-syspath: /sys/devices/device\n", _file.FdInfo);
    }

    [Fact]
    public void Nothing_works_before_it_is_bound()
    {
        Assert.Equal(Errno.EINVAL, _file.Ioctl(_caller, CdevTestDevice.OwnCommand, 0).Errno);
        Assert.Equal(Errno.EINVAL, _file.Ioctl(_caller, VfioIoctl.VFIO_DEVICE_ATTACH_IOMMUFD_PT, 0).Errno);
        Assert.Equal(Errno.EINVAL, _file.Read(_caller, 0, 1, 0).Errno);
        Assert.Equal(Errno.EINVAL, _file.Write(_caller, 0, 1, 0).Errno);
        Assert.Equal(Errno.EINVAL, _file.Mmap(new MmapRequest(0, 4096, Shared: true)).Errno);
        Assert.Equal(0, _device.Opens);
    }

    [Fact]
    public void Once_bound_it_is_the_device()
    {
        Assert.Equal(Errno.None, Bind(_file, out var id));
        Assert.Equal((1u, 1, true), (id, _device.Opens, _device.IsOpenByCdev));
        Assert.Equal(77, _file.Ioctl(_caller, CdevTestDevice.OwnCommand, 0).Raw);
        Assert.Equal((11, 12), (_file.Read(_caller, 0, 1, 0).Raw, _file.Write(_caller, 0, 1, 0).Raw));
        Assert.Equal(SysResult.Success, _file.Mmap(new MmapRequest(0, 4096, Shared: true)));
        _file.Release();
        Assert.Equal((0, false), (_device.Opens, _device.IsOpenByCdev));
    }

    [Theory]
    [InlineData(15u, 0u, Iommufd, Errno.EINVAL)]
    [InlineData(16u, 2u, Iommufd, Errno.EINVAL)]
    [InlineData(16u, 0u, -1, Errno.EINVAL)]
    [InlineData(16u, 0u, 99, Errno.EBADF)]
    [InlineData(16u, 0u, 8, Errno.EBADFD)]
    [InlineData(16u, 0u, 9, Errno.EBADFD)]
    [InlineData(24u, 1u, Iommufd, Errno.EFAULT)]
    [InlineData(32u, 0u, Iommufd, Errno.E2BIG)]
    public void A_wrong_bind_leaves_it_unbound(uint size, uint flags, int fd, Errno expected)
    {
        _caller.Others.Add(8);
        _caller.Files[9] = _file;
        Assert.True(_caller.Memory.TryWrite(_caller.Address + 24, 1UL));
        var bind = new VfioDeviceBindIommufd { ArgSz = size, Flags = (VfioDeviceBindFlags)flags, Iommufd = fd };
        Assert.Equal(expected, _caller.Call(_file, VfioIoctl.VFIO_DEVICE_BIND_IOMMUFD, ref bind));
        Assert.Equal(0, _device.Opens);
        Assert.Equal(Errno.None, Bind(_file, out _));
    }

    [Fact]
    public void Only_one_file_is_bound_at_a_time()
    {
        var second = Open(_device);
        Assert.Equal(Errno.None, Bind(_file, out _));
        Assert.Equal(Errno.EINVAL, Bind(_file, out _));
        Assert.Equal(Errno.EINVAL, Bind(second, out _));
        _file.Release();
        Assert.Equal(Errno.None, Bind(second, out _));
    }

    [Fact]
    public void A_group_of_which_a_host_driver_has_a_device_is_not_bound()
    {
        _device.Group.HostDriverCount = 1;
        Assert.Equal(Errno.EPERM, Bind(_file, out _));
        Assert.Equal(0, _device.Opens);
    }

    [Fact]
    public void A_set_of_devices_belongs_to_the_iommufd_that_has_their_groups()
    {
        var sibling = new CdevTestDevice(_device.Group) { CharacterDevice = (4, DeviceNumber.Cdev(4)) };
        var stranger = new CdevTestDevice(new IommuGroup(8, s_unit)) { CharacterDevice = (5, DeviceNumber.Cdev(5)) };
        _system.Add(sibling);
        _system.Add(stranger);
        var set = new VfioDeviceSet();
        set.Add(_device);
        set.Add(sibling);
        Assert.False(set.IsOwnedWith(_device));
        Assert.Equal(Errno.None, Bind(_file, out var id));
        Assert.Equal((int)id, VfioDeviceSet.FindId(_device, _device));
        Assert.Equal(VfioDeviceSet.OwnedByGroup, VfioDeviceSet.FindId(_device, sibling));
        Assert.Equal(VfioDeviceSet.NotOwned, VfioDeviceSet.FindId(_device, stranger));
        Assert.True(set.IsOwnedWith(_device));
        set.Add(stranger);
        Assert.False(set.IsOwnedWith(_device));
        var other = Open(stranger);
        Assert.Equal(Errno.None, Bind(other, out var second));
        Assert.Equal((int)second, VfioDeviceSet.FindId(_device, stranger));
        Assert.True(set.IsOwnedWith(_device));
        Assert.True(set.IsAnotherOpen(_device));
        other.Release();
        Assert.False(set.IsAnotherOpen(_device));
        Assert.False(set.IsOwnedWith(_device));
    }

    [Fact]
    public void The_group_and_the_device_exclude_each_other()
    {
        var group = _system.FindGroup(7)!;
        Assert.Equal(Errno.None, group.Open(out var groupFile).Errno);
        Assert.Equal(Errno.EBUSY, Bind(_file, out _));
        groupFile!.Release();
        Assert.Equal(Errno.None, Bind(_file, out _));
        Assert.Equal(Errno.EBUSY, group.Open(out _).Errno);
        _file.Release();
        Assert.Equal(Errno.None, group.Open(out _).Errno);
    }

    [Fact]
    public void A_device_that_does_not_open_stays_unbound()
    {
        _device.OpenError = Errno.EIO;
        Assert.Equal(Errno.EIO, Bind(_file, out _));
        Assert.Equal(Errno.None, _system.FindGroup(7)!.Open(out var groupFile).Errno);
        groupFile!.Release();
        _device.OpenError = Errno.None;
        Assert.Equal(Errno.None, Bind(_file, out var id));
        Assert.Equal(1u, id);
    }

    [Fact]
    public void Attaching_gives_the_group_the_address_space()
    {
        Assert.Equal(Errno.None, Bind(_file, out _));
        var alloc = new IommuIoasAlloc { Size = IommuIoasAlloc.StructSize };
        Assert.Equal(Errno.None, _caller.Call(_caller.Files[Iommufd], IommufdIoctl.IOMMU_IOAS_ALLOC, ref alloc));
        var attach = new VfioDeviceAttachIommufdPt { ArgSz = 12, PtId = alloc.OutIoasId };
        Assert.Equal(Errno.None, _caller.Call(_file, VfioIoctl.VFIO_DEVICE_ATTACH_IOMMUFD_PT, ref attach));
        Assert.Equal(3u, attach.PtId);
        Assert.NotNull(_device.Group.AddressSpace);
        var detach = new VfioDeviceDetachIommufdPt { ArgSz = 8 };
        Assert.Equal(Errno.None, _caller.Call(_file, VfioIoctl.VFIO_DEVICE_DETACH_IOMMUFD_PT, ref detach));
        Assert.Equal(Errno.None, _caller.Call(_file, VfioIoctl.VFIO_DEVICE_DETACH_IOMMUFD_PT, ref detach));
        Assert.Null(_device.Group.AddressSpace);
    }

    [Theory]
    [InlineData(11u, 0u, Errno.EINVAL)]
    [InlineData(12u, 2u, Errno.EINVAL)]
    [InlineData(12u, 0u, Errno.ENOENT)]
    [InlineData(12u, 1u, Errno.EINVAL)]
    [InlineData(16u, 1u, Errno.ENOENT)]
    public void A_wrong_attach_fails(uint size, uint flags, Errno expected)
    {
        Assert.Equal(Errno.None, Bind(_file, out _));
        var attach = new VfioDeviceAttachIommufdPt { ArgSz = size, Flags = (VfioDeviceAttachFlags)flags, PtId = 99 };
        Assert.Equal(expected, _caller.Call(_file, VfioIoctl.VFIO_DEVICE_ATTACH_IOMMUFD_PT, ref attach));
    }

    private Errno Bind(CdevFile file, out uint id)
    {
        var bind = new VfioDeviceBindIommufd { ArgSz = VfioDeviceBindIommufd.MinSize, Iommufd = Iommufd };
        var error = _caller.Call(file, VfioIoctl.VFIO_DEVICE_BIND_IOMMUFD, ref bind);
        id = bind.OutDevId;
        return error;
    }
}
