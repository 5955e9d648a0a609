using System.Text;
using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Iommu.NoIommu;
using Viaduct.Memory;
using Viaduct.Vfio.Containers;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Groups;
using Viaduct.Vfio.Sysfs;
using Viaduct.Vfio.Tests.Infrastructure;

namespace Viaduct.Vfio.Tests.NoIommu;

/// <summary>Groups that no IOMMU is before, beside one that has one: the goldens noiommu, noiommu_rights and noiommu_mixed.</summary>
public sealed class NoIommuGroupTests
{
    private const ulong Type1 = 3;
    private const ulong NoIommuType = VfioIommuType.VFIO_NOIOMMU_IOMMU;

    private readonly FakeCaller _caller = new();
    private readonly VfioSystem _system = new([new NoIommuDriver { IsEnabled = true }, new FakeDriver(Type1)]);
    private readonly FakeDevice _device;
    private readonly VfioGroup _without;
    private readonly VfioGroup _with;

    public NoIommuGroupTests()
    {
        var unit = IommuUnit.None(new PhysicalMemory());
        _device = new FakeDevice(new IommuGroup(1, unit), "u") { CharacterDevice = (0, DeviceNumber.Cdev(0)) };
        _system.Add(_device);
        _system.Add(new FakeDevice(
            new IommuGroup(2, unit with { PhysicalMemory = null, ApertureLast = uint.MaxValue }), "t"));
        _without = _system.FindGroup(1)!;
        _with = _system.FindGroup(2)!;
        _caller.Capabilities.Add(Capability.SysRawIo);
    }

    [Fact]
    public void Names_say_that_there_is_no_IOMMU()
    {
        Assert.Equal(("noiommu-1", "2"), (_without.Name, _with.Name));
        Assert.Equal("/dev/vfio/noiommu-1", Open(_without).LinkName);
        Assert.Equal("noiommu-vfio0", _device.NodeName);
        Assert.Equal(Errno.None, _system.OpenDevice(_device, out var node).Errno);
        Assert.Equal("/dev/vfio/devices/noiommu-vfio0", node!.LinkName);
        Assert.Equal(Capability.SysRawIo, _without.NodeCapability);
        Assert.Null(_with.NodeCapability);
    }

    [Fact]
    public void Sysfs_has_the_group_and_the_parameter()
    {
        var root = _system.DescribeSysfs();
        Assert.Equal("vfio-noiommu\n", Text(root, "/sys/kernel/iommu_groups/1/name"));
        Assert.Equal("unknown\n", Text(root, "/sys/kernel/iommu_groups/1/type"));
        Assert.Equal("", Text(root, "/sys/kernel/iommu_groups/1/reserved_regions"));
        Assert.Equal("Y\n", Text(root, "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"));
        Assert.Contains("DEVNAME=vfio/noiommu-1", Text(root, "/sys/devices/virtual/vfio/noiommu-1/uevent"), StringComparison.Ordinal);
        Assert.Equal(
            "N\n", Text(new VfioSystem([new NoIommuDriver()]).DescribeSysfs(), "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"));
    }

    [Fact]
    public void A_container_has_groups_of_one_kind()
    {
        var container = _system.OpenContainer();
        GroupFile without = Open(_without), with = Open(_with);
        Assert.Equal((1, 1), (Extension(container, NoIommuType), Extension(container, Type1)));
        Assert.Equal(Errno.None, SetContainer(without, container));
        Assert.Equal((1, 0), (Extension(container, NoIommuType), Extension(container, Type1)));
        Assert.Equal(Errno.EPERM, SetContainer(with, container));
        Assert.Equal(Errno.ENODEV, SetIommu(container, Type1));
        Assert.Equal(Errno.None, SetIommu(container, NoIommuType));
        Assert.Equal(Errno.ENOTTY, container.Ioctl(_caller, VfioIoctl.VFIO_IOMMU_MAP_DMA, 0).Errno);
        Assert.Equal(Errno.None, without.Ioctl(_caller, VfioIoctl.VFIO_GROUP_UNSET_CONTAINER, 0).Errno);
        Assert.Equal(Errno.None, SetContainer(with, container));
        Assert.Equal(Errno.ENODEV, SetIommu(container, NoIommuType));
        Assert.Equal(Errno.EPERM, SetContainer(without, container));
    }

    [Fact]
    public void Without_CAP_SYS_RAWIO_nothing_goes_further()
    {
        var container = _system.OpenContainer();
        var group = Open(_without);
        _caller.Capabilities.Clear();
        Assert.Equal(Errno.EPERM, SetContainer(group, container));
        _caller.Capabilities.Add(Capability.SysRawIo);
        Assert.Equal(Errno.None, SetContainer(group, container));
        _caller.Capabilities.Clear();
        Assert.Equal(Errno.EPERM, SetIommu(container, NoIommuType));
        Assert.Equal(Errno.EINVAL, GetDevice(group).Errno);
        _caller.Capabilities.Add(Capability.SysRawIo);
        Assert.Equal(Errno.None, SetIommu(container, NoIommuType));
        _caller.Capabilities.Clear();
        Assert.Equal(Errno.EPERM, GetDevice(group).Errno);
        _caller.Capabilities.Add(Capability.SysRawIo);
        Assert.False(GetDevice(group).IsError);
        _caller.Capabilities.Clear();
        Assert.False(GetDevice(group).IsError); // it is open already
    }

    [Fact]
    public void An_iommufd_binds_nothing_and_must_not_translate()
    {
        var group = Open(_without);
        var iommufd = VfioSystem.OpenIommufd();
        Assert.Equal(Errno.None, SetContainer(group, iommufd));
        Assert.Equal(Errno.EINVAL, SetContainer(Open(_with), iommufd));
        var opened = GetDevice(group);
        Assert.False(opened.IsError);
        Assert.Equal(Errno.None, group.Ioctl(_caller, VfioIoctl.VFIO_GROUP_UNSET_CONTAINER, 0).Errno);
        group.Release();
        Assert.Equal(Errno.None, _without.Open(out _).Errno);
        _caller.File(opened.Raw).Release();
        Assert.Equal(1, _device.Closed);
    }

    private static string Text(SysfsTree tree, string path)
    {
        SysfsNode node = tree.Root;
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            node = ((SysfsDirectory)node).Children[part];
        }

        return Encoding.ASCII.GetString(((SysfsAttribute)node).Show());
    }

    private static GroupFile Open(VfioGroup group)
    {
        Assert.Equal(Errno.None, group.Open(out var file).Errno);
        return file!;
    }

    private long Extension(ContainerFile container, ulong number)
        => container.Ioctl(_caller, VfioIoctl.VFIO_CHECK_EXTENSION, number).Raw;

    private Errno SetIommu(ContainerFile container, ulong type) => container.Ioctl(_caller, VfioIoctl.VFIO_SET_IOMMU, type).Errno;

    private Errno SetContainer(GroupFile group, VfioFile file)
        => group.Ioctl(_caller, VfioIoctl.VFIO_GROUP_SET_CONTAINER, _caller.Fake.PutInt32(_caller.Add(file))).Errno;

    private SysResult GetDevice(GroupFile group)
        => group.Ioctl(_caller, VfioIoctl.VFIO_GROUP_GET_DEVICE_FD, _caller.Fake.Put("u\0"u8));
}
