using Viaduct.Abi;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Tests.Infrastructure;

namespace Viaduct.Vfio.Tests.Containers;

public sealed class ContainerFileTests
{
    private const uint Unknown = 0x3b80;

    private readonly Machine _machine = new();

    [Fact]
    public void GetApiVersion_NoGroup_ReturnsVersion()
        => Assert.Equal(0, _machine.System.OpenContainer().Ioctl(_machine.Caller, VfioIoctl.VFIO_GET_API_VERSION, 0).Raw);

    [Theory]
    [InlineData(3UL, 1)]
    [InlineData(1UL, 0)]
    [InlineData(3UL + (1UL << 32), 0)]
    public void CheckExtension_NoBackend_AsksTheDrivers(ulong extension, long expected)
        => Assert.Equal(expected, CheckExtension(_machine, extension));

    [Fact]
    public void CheckExtension_NoBackend_TakesTheFirstThatAnswers()
    {
        var machine = new Machine(new FakeDriver(1), new FakeDriver(3) { Answer = 5 }, new FakeDriver(3) { Answer = 6 });
        Assert.Equal(5, CheckExtension(machine, 3));
    }

    [Fact]
    public void CheckExtension_GroupInside_LeavesNoIommuOut()
    {
        var machine = new Machine(new FakeDriver(8) { IsNoIommu = true });
        var container = machine.System.OpenContainer();
        Assert.Equal(1, container.Ioctl(machine.Caller, VfioIoctl.VFIO_CHECK_EXTENSION, 8).Raw);
        machine.SetContainer(machine.OpenGroup(), container);
        Assert.Equal(0, container.Ioctl(machine.Caller, VfioIoctl.VFIO_CHECK_EXTENSION, 8).Raw);
    }

    [Fact]
    public void CheckExtension_Backend_AsksOnlyIt()
    {
        var (container, _) = _machine.Attach();
        Assert.Equal(22, container.Ioctl(_machine.Caller, VfioIoctl.VFIO_CHECK_EXTENSION, 11).Raw);
    }

    [Fact]
    public void SetIommu_NoGroup_ReturnsEINVAL()
        => Assert.Equal(Errno.EINVAL, _machine.SetIommu(_machine.System.OpenContainer()).Errno);

    [Fact]
    public void SetIommu_NobodyKnowsTheType_ReturnsENODEV()
    {
        var container = _machine.System.OpenContainer();
        _machine.SetContainer(_machine.OpenGroup(), container);
        Assert.Equal(Errno.ENODEV, _machine.SetIommu(container, 99).Errno);
        Assert.Empty(_machine.Driver.Backends);
    }

    [Fact]
    public void SetIommu_NoIommuDriver_ReturnsENODEV()
    {
        var machine = new Machine(new FakeDriver(8) { IsNoIommu = true });
        var container = machine.System.OpenContainer();
        machine.SetContainer(machine.OpenGroup(), container);
        Assert.Equal(Errno.ENODEV, machine.SetIommu(container, 8).Errno);
    }

    [Fact]
    public void SetIommu_Twice_ReturnsEINVAL()
    {
        var (container, _) = _machine.Attach();
        Assert.Equal(Errno.EINVAL, _machine.SetIommu(container).Errno);
        Assert.Equal(Errno.EINVAL, _machine.SetIommu(container, 99).Errno);
    }

    [Fact]
    public void SetIommu_DriverRefuses_ReturnsItsErrorAndAsksTheNext()
    {
        var refusing = new FakeDriver(3) { OpenError = Errno.ENOMEM };
        var machine = new Machine(refusing);
        var container = machine.System.OpenContainer();
        machine.SetContainer(machine.OpenGroup(), container);
        Assert.Equal(Errno.ENOMEM, machine.SetIommu(container).Errno);

        var willing = new FakeDriver(3);
        machine = new Machine(refusing, willing);
        container = machine.System.OpenContainer();
        machine.SetContainer(machine.OpenGroup(), container);
        Assert.Equal(SysResult.Success, machine.SetIommu(container));
        Assert.Equal([4], willing.Backends[0].Groups);
    }

    [Fact]
    public void SetIommu_SecondGroupRefused_UndoesTheFirst()
    {
        var container = _machine.System.OpenContainer();
        _machine.SetContainer(_machine.OpenGroup(4), container);
        _machine.SetContainer(_machine.OpenGroup(9), container);
        _machine.Driver.RefusedGroup = 9;
        Assert.Equal(Errno.EPERM, _machine.SetIommu(container).Errno);
        var backend = Assert.Single(_machine.Driver.Backends);
        Assert.Empty(backend.Groups);
        Assert.Equal(1, backend.Released);

        _machine.Driver.RefusedGroup = -1;
        Assert.Equal(SysResult.Success, _machine.SetIommu(container));
        Assert.Equal([4, 9], _machine.Driver.Backends[1].Groups);
    }

    [Fact]
    public void UnknownIoctl_NoBackend_ReturnsEINVAL()
        => Assert.Equal(Errno.EINVAL, _machine.System.OpenContainer().Ioctl(_machine.Caller, Unknown, 0).Errno);

    [Fact]
    public void UnknownIoctl_Backend_IsItsToAnswer()
    {
        var (container, _) = _machine.Attach();
        Assert.Equal(Errno.ENOTTY, container.Ioctl(_machine.Caller, Unknown, 0).Errno);
    }

    [Fact]
    public void LastGroupLeaves_BackendGoes()
    {
        var (container, group) = _machine.Attach();
        var second = _machine.OpenGroup(9);
        _machine.SetContainer(second, container);
        var backend = _machine.Driver.Backends[0];
        Assert.Equal(7, container.Container.MappingCount);

        _machine.UnsetContainer(group);
        Assert.Equal([9], backend.Groups);
        Assert.Equal(0, backend.Released);
        _machine.UnsetContainer(second);
        Assert.Equal(1, backend.Released);
        Assert.Equal(0, container.Container.MappingCount);
        Assert.Equal(Errno.EINVAL, container.Ioctl(_machine.Caller, Unknown, 0).Errno);
    }

    [Fact]
    public void Release_GroupInside_ChangesNothing()
    {
        var (container, group) = _machine.Attach();
        container.Release();
        Assert.Equal(0, _machine.Driver.Backends[0].Released);
        Assert.False(_machine.GetDevice(group).IsError);
    }

    [Fact]
    public void Transfers_AreEINVAL_MmapENODEV()
    {
        var container = _machine.System.OpenContainer();
        Assert.Equal(Errno.EINVAL, container.Read(_machine.Caller, FakeMemory.Base, 0, 0).Errno);
        Assert.Equal(Errno.EINVAL, container.Write(_machine.Caller, FakeMemory.Base, 1, 0).Errno);
        Assert.Equal(Errno.ENODEV, container.Mmap(new MmapRequest(0, 4096, true)).Errno);
        Assert.False(container.TryLoad(0, 4, out _));
        Assert.False(container.TryStore(0, 4, 0));
        Assert.Equal(new DeviceNumber(10, 196), container.DeviceNumber);
        Assert.Equal("/dev/vfio/vfio", container.LinkName);
    }

    private static long CheckExtension(Machine machine, ulong extension)
        => machine.System.OpenContainer().Ioctl(machine.Caller, VfioIoctl.VFIO_CHECK_EXTENSION, extension).Raw;
}
