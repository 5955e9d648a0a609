using Viaduct.Abi;
using Viaduct.Kvm.Files;
using Viaduct.Kvm.Host;
using Viaduct.Kvm.Tests.Infrastructure;

namespace Viaduct.Kvm.Tests;

public sealed class HostKvmTests : IDisposable
{
    private const uint KVM_RUN = 0xAE80;

    private readonly PowerRig _rig = new();
    private readonly HostKvm _host = new(kernelPageShift: 12, hasTceTables: false);
    private readonly HostKvm _power = new(kernelPageShift: 16, hasTceTables: true);
    private readonly FakeHostFile _vm = FakeHostFile.Vm();

    public HostKvmTests() => _rig.Caller.RunsGuests = true;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Requests_AreNoneOfAProcessors()
    {
        Assert.Contains(KvmIoctl.KVM_CREATE_DEVICE, _host.Requests);
        Assert.DoesNotContain(KvmIoctl.KVM_CHECK_EXTENSION, _host.Requests);
        Assert.Contains(KvmIoctl.KVM_CREATE_SPAPR_TCE_64, _power.Requests);
        Assert.DoesNotContain(KVM_RUN, _power.Requests);
    }

    [Fact]
    public void CreateVm_OfTheHostsKvm_IsRemembered()
    {
        using var caller = new TestCaller();
        Assert.Null(_host.Ioctl(caller, FakeHostFile.Other(), KvmIoctl.KVM_CREATE_VM, 0));
        Assert.False(caller.RunsGuests);
        Assert.Null(_host.Ioctl(caller, FakeHostFile.Kvm(), KvmIoctl.KVM_CREATE_VM, 0));
        Assert.True(caller.RunsGuests);
    }

    [Fact]
    public void CreateDevice_ThatIsNotOurs_IsTheHosts()
    {
        Assert.Null(Create(_host, _vm, type: 3));
        Assert.Null(Create(_host, _vm, type: uint.MaxValue));
        Assert.Null(Create(_host, FakeHostFile.Other()));
        Assert.Null(Create(_host, FakeHostFile.Kvm()));
        Assert.Null(_host.Ioctl(_rig.Caller, _vm, KvmIoctl.KVM_CREATE_DEVICE, 1));
        _rig.Caller.RunsGuests = false; // whose machine it is, only the host knows
        Assert.Null(Create(_host, _vm));
        Assert.Equal(0, _host.Count);
        Assert.Equal(0, _vm.References);
    }

    [Fact]
    public void CreateDevice_Second_ReturnsEBUSYByWhateverDescriptor()
    {
        Assert.Equal(SysResult.Success, Create(_host, _vm));
        var device = Created();
        Assert.Equal(Errno.EBUSY, Create(_host, _vm)!.Value.Errno);
        Assert.Equal(Errno.EBUSY, Create(_host, _vm.Duplicate())!.Value.Errno);
        Assert.Equal(SysResult.Success, Create(_host, _vm, flags: KvmVfio.KVM_CREATE_DEVICE_TEST));
        Assert.Equal(SysResult.Success, Create(_host, FakeHostFile.Vm()));
        Assert.Equal(2, _host.Count);
        Assert.Equal(1, _vm.References);
        _rig.Caller.Close(device);
        Assert.Equal(0, _vm.References);
        Assert.Equal(1, _host.Count);
        Assert.Equal(SysResult.Success, Create(_host, _vm.Duplicate()));
    }

    [Fact]
    public void CreateDevice_ThatMakesNone_LeavesNothing()
    {
        Assert.Equal(SysResult.Success, Create(_host, _vm, flags: KvmVfio.KVM_CREATE_DEVICE_TEST));
        Assert.Equal(0, _host.Count);
        _rig.Caller.IsFull = true;
        Assert.Equal(Errno.EMFILE, Create(_host, _vm)!.Value.Errno);
        Assert.Equal(0, _host.Count);
        Assert.Equal(0, _vm.References);
        _rig.Caller.IsFull = false;
        Assert.Equal(SysResult.Success, Create(_host, _vm));
    }

    [Fact]
    public void CreateDevice_OfAnotherProcess_ReturnsEIO()
    {
        Create(_host, _vm);
        using var other = new TestCaller { RunsGuests = true };
        Assert.Equal(Errno.EIO, Create(_host, _vm, other)!.Value.Errno);
        Assert.Equal(SysResult.Success, Create(_host, FakeHostFile.Vm(), other));
    }

    [Fact]
    public void Attributes_WithoutTceTables_AreTwo()
    {
        Create(_host, _vm);
        var device = _rig.Caller.File(Created());
        for (var attribute = 0UL; attribute < 5; attribute++)
        {
            var expected = attribute is 1 or 2 ? Errno.None : Errno.ENXIO;
            Assert.Equal(expected, _rig.Caller.Call(device, KvmIoctl.KVM_HAS_DEVICE_ATTR, Attribute(attribute)).Errno);
            expected = attribute is 1 or 2 ? Errno.EFAULT : Errno.ENXIO;
            Assert.Equal(expected, _rig.Caller.Call(device, KvmIoctl.KVM_SET_DEVICE_ATTR, Attribute(attribute)).Errno);
        }
    }

    [Fact]
    public void Add_Group_HoldsItUntilTheDeviceIsClosed()
    {
        Create(_host, _vm);
        var device = Created();
        var group = _rig.Caller.Add(_rig.Group);
        Assert.Equal(Errno.None, Set(device, KvmVfio.KVM_DEV_VFIO_FILE_ADD, group).Errno);
        _rig.Caller.Close(group);
        Assert.Equal(Errno.EBUSY, _rig.System.FindGroup(0)!.Open(out _).Errno);
        _rig.Caller.Close(device);
        Assert.Equal(Errno.None, _rig.System.FindGroup(0)!.Open(out _).Errno);
    }

    [Fact]
    public void CheckExtension_OfTceTables_IsOursWhereTheMachineHasThem()
    {
        foreach (var extension in (ulong[])[KvmCapability.KVM_CAP_SPAPR_TCE, KvmCapability.KVM_CAP_SPAPR_TCE_64, KvmCapability.KVM_CAP_SPAPR_TCE_VFIO])
        {
            Assert.Null(_host.Ioctl(_rig.Caller, FakeHostFile.Kvm(), KvmIoctl.KVM_CHECK_EXTENSION, extension));
            Assert.Equal(1, _power.Ioctl(_rig.Caller, FakeHostFile.Kvm(), KvmIoctl.KVM_CHECK_EXTENSION, extension)!.Value.Raw);
            Assert.Equal(1, _power.Ioctl(_rig.Caller, _vm, KvmIoctl.KVM_CHECK_EXTENSION, extension)!.Value.Raw);
            Assert.Null(_power.Ioctl(_rig.Caller, FakeHostFile.Other(), KvmIoctl.KVM_CHECK_EXTENSION, extension));
        }

        Assert.Null(_power.Ioctl(_rig.Caller, _vm, KvmIoctl.KVM_CHECK_EXTENSION, KvmCapability.KVM_CAP_USER_MEMORY));
        Assert.Equal(0, _power.Count);
    }

    [Fact]
    public void CreateSpaprTce_OnTheHostsMachine_GoesToAWindowBehindTheDevice()
    {
        var table = Table(_power, 0x100);
        Assert.Null(_host.Ioctl(_rig.Caller, _vm, KvmIoctl.KVM_CREATE_SPAPR_TCE_64, _rig.Caller.Argument));
        Assert.Equal(Errno.EBUSY, CreateTable(_power, 0x100)!.Value.Errno);
        Create(_power, _vm);
        var device = Created();
        var group = _rig.Caller.Add(_rig.Group);
        Set(device, KvmVfio.KVM_DEV_VFIO_FILE_ADD, group);
        var at = _rig.Caller.Argument + 512;
        Assert.True(_rig.Caller.Memory.TryWrite(at, new KvmVfioSpaprTce { Groupfd = group, Tablefd = table }));
        var set = new KvmDeviceAttr { Group = KvmVfio.KVM_DEV_VFIO_FILE, Attr = KvmVfio.KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE, Addr = at };
        Assert.Equal(SysResult.Success, _rig.Caller.Call(_rig.Caller.File(device), KvmIoctl.KVM_SET_DEVICE_ATTR, set));
        Assert.Equal([_rig.WindowOf(0, 0)], ((SpaprTceFile)_rig.Caller.File(table)).Table.HardwareTables);
        _rig.Caller.Close(device);
        Assert.Equal(1, _vm.References); // the table has the machine still
        _rig.Caller.Close(table);
        Assert.Equal(0, _vm.References);
    }

    private static KvmDeviceAttr Attribute(ulong attribute) => new() { Group = KvmVfio.KVM_DEV_VFIO_FILE, Attr = attribute, Addr = 1 };

    private SysResult? Create(
        HostKvm host, FakeHostFile file, TestCaller? caller = null, uint type = KvmVfio.KVM_DEV_TYPE_VFIO, uint flags = 0)
    {
        caller ??= _rig.Caller;
        Assert.True(caller.Memory.TryWrite(caller.Argument, new KvmCreateDevice { Type = type, Flags = flags, Fd = 77 }));
        return host.Ioctl(caller, file, KvmIoctl.KVM_CREATE_DEVICE, caller.Argument);
    }

    /// <summary>The device that was just made.</summary>
    private int Created()
    {
        Assert.True(_rig.Caller.Memory.TryRead<KvmCreateDevice>(_rig.Caller.Argument, out var create));
        return (int)create.Fd;
    }

    private SysResult Set(int device, ulong attribute, int fd)
    {
        var at = _rig.Caller.Argument + 512;
        Assert.True(_rig.Caller.Memory.TryWrite(at, fd));
        return _rig.Caller.Call(_rig.Caller.File(device), KvmIoctl.KVM_SET_DEVICE_ATTR, Attribute(attribute) with { Addr = at });
    }

    private SysResult? CreateTable(HostKvm host, ulong liobn)
    {
        Assert.True(_rig.Caller.Memory.TryWrite(_rig.Caller.Argument, new KvmCreateSpaprTce64 { Liobn = liobn, PageShift = 12, Size = 16 }));
        return host.Ioctl(_rig.Caller, _vm, KvmIoctl.KVM_CREATE_SPAPR_TCE_64, _rig.Caller.Argument);
    }

    private int Table(HostKvm host, ulong liobn)
    {
        var made = CreateTable(host, liobn);
        Assert.False(made!.Value.IsError);
        return (int)made.Value.Raw;
    }
}
