using System.Text;
using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Vfio.Containers;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Groups;

namespace Viaduct.Vfio.Tests.Infrastructure;

/// <summary>Two groups, the first with two devices, the second with one; one kind of IOMMU, number <see cref="Type"/>.</summary>
internal sealed class Machine
{
    public const ulong Type = 3;

    private static readonly IommuUnit s_unit = new()
    {
        ApertureLast = (1UL << 48) - 1,
        PageSizes = 4096,
        ReservedRegions = [new ReservedRegion(0xfee00000, 0xfeefffff, "msi")],
    };

    public Machine(params IIommuDriver[] drivers)
    {
        Driver = new FakeDriver(Type);
        System = new VfioSystem(drivers.Length > 0 ? drivers : [Driver]);
        IommuGroup first = new(4, s_unit), second = new(9, s_unit);
        Device = new FakeDevice(first, "a");
        Sibling = new FakeDevice(first, "b");
        Other = new FakeDevice(second, "c");
        System.Add(Device);
        System.Add(Sibling);
        System.Add(Other);
    }

    public FakeDriver Driver { get; }

    public VfioSystem System { get; }

    public FakeDevice Device { get; }

    public FakeDevice Sibling { get; }

    public FakeDevice Other { get; }

    public FakeCaller Caller { get; } = new();

    public FakeMemory Memory => Caller.Fake;

    public VfioGroup Group => System.FindGroup(4)!;

    public GroupFile OpenGroup(int id = 4)
    {
        Assert.Equal(SysResult.Success, System.FindGroup(id)!.Open(out var file));
        return file!;
    }

    public SysResult SetContainer(GroupFile group, ContainerFile container)
        => SetContainer(group, Caller.Add(container));

    public SysResult SetContainer(GroupFile group, int fd)
        => group.Ioctl(Caller, VfioIoctl.VFIO_GROUP_SET_CONTAINER, Memory.PutInt32(fd));

    public SysResult UnsetContainer(GroupFile group) => group.Ioctl(Caller, VfioIoctl.VFIO_GROUP_UNSET_CONTAINER, 0);

    public SysResult SetIommu(ContainerFile container, ulong type = Type)
        => container.Ioctl(Caller, VfioIoctl.VFIO_SET_IOMMU, type);

    public SysResult GetDevice(GroupFile group, string name = "a")
        => group.Ioctl(Caller, VfioIoctl.VFIO_GROUP_GET_DEVICE_FD, Memory.Put(Encoding.ASCII.GetBytes(name + "\0")));

    /// <summary>A container with the first group and an IOMMU.</summary>
    public (ContainerFile Container, GroupFile Group) Attach()
    {
        var container = System.OpenContainer();
        var group = OpenGroup();
        Assert.Equal(SysResult.Success, SetContainer(group, container));
        Assert.Equal(SysResult.Success, SetIommu(container));
        return (container, group);
    }

    public DeviceFile OpenDevice(GroupFile group, string name = "a")
    {
        var opened = GetDevice(group, name);
        Assert.False(opened.IsError);
        return (DeviceFile)Caller.File(opened.Raw);
    }
}
