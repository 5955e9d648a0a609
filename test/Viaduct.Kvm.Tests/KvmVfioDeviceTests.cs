using System.Text;
using Viaduct.Abi;
using Viaduct.Kvm.Files;
using Viaduct.Kvm.Tests.Infrastructure;
using Viaduct.Vfio.Devices;

namespace Viaduct.Kvm.Tests;

public sealed class KvmVfioDeviceTests : IDisposable
{
    private readonly PowerRig _rig = new(2);
    private readonly KvmVmFile _vmFile;
    private readonly int _device;
    private readonly int _group;

    public KvmVfioDeviceTests()
    {
        _vmFile = new KvmVmFile(_rig.Vm);
        _device = (int)CreateDevice(out var answer);
        Assert.Equal(SysResult.Success, answer);
        _group = _rig.Caller.Add(_rig.Group);
    }

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void CreateDevice_Second_ReturnsEBUSYUntilTheFirstIsClosed()
    {
        CreateDevice(out var second);
        Assert.Equal(Errno.EBUSY, second.Errno);
        CreateDevice(out var test, flags: KvmVfio.KVM_CREATE_DEVICE_TEST);
        Assert.Equal(SysResult.Success, test);
        CreateDevice(out var other, type: 9999);
        Assert.Equal(Errno.ENODEV, other.Errno);
        _rig.Caller.Close(_device);
        CreateDevice(out var third);
        Assert.Equal(SysResult.Success, third);
    }

    [Fact]
    public void Attributes_AreAskedForInTheKernelsOrder()
    {
        for (var group = 0u; group < 3; group++)
        {
            for (var attribute = 0UL; attribute < 5; attribute++)
            {
                var isKnown = group == 1 && attribute is 1 or 2 or 3;
                Assert.Equal(isKnown && group == 1 ? Errno.None : Errno.ENXIO, Attr(KvmIoctl.KVM_HAS_DEVICE_ATTR, group, attribute, 0).Errno);
                Assert.Equal(isKnown && group == 1 ? Errno.EFAULT : Errno.ENXIO, Attr(KvmIoctl.KVM_SET_DEVICE_ATTR, group, attribute, 0).Errno);
                Assert.Equal(Errno.EPERM, Attr(KvmIoctl.KVM_GET_DEVICE_ATTR, group, attribute, 0).Errno);
            }
        }

        var file = _rig.Caller.File(_device);
        Assert.Equal(Errno.EFAULT, file.Ioctl(_rig.Caller, KvmIoctl.KVM_SET_DEVICE_ATTR, 1).Errno);
        Assert.Equal(Errno.EPERM, file.Ioctl(_rig.Caller, KvmIoctl.KVM_GET_DEVICE_ATTR, 1).Errno);
        Assert.Equal(Errno.EFAULT, file.Ioctl(_rig.Caller, KvmIoctl.KVM_HAS_DEVICE_ATTR, 1).Errno);
        Assert.Equal(Errno.ENOTTY, file.Ioctl(_rig.Caller, 0x1234, 1).Errno);
    }

    [Fact]
    public void Add_Files_AnswersAsTheKernel()
    {
        Assert.Equal(Errno.EBADF, File(1, 999).Errno);
        Assert.Equal(Errno.EINVAL, File(1, TestCaller.OtherFile).Errno);
        Assert.Equal(Errno.EINVAL, File(1, _rig.Caller.Add(_rig.Container)).Errno);
        Assert.Equal(Errno.ENOENT, File(2, _group).Errno);
        Assert.Equal(Errno.None, File(1, _group).Errno);
        Assert.Equal(Errno.EEXIST, File(1, _group).Errno);
        Assert.Equal(Errno.EEXIST, File(1, _rig.Caller.Add(_rig.Group)).Errno);
        Assert.Equal(Errno.None, File(1, _rig.Caller.Add(_rig.GroupOf(1))).Errno);
        Assert.Equal(Errno.None, File(2, _group).Errno);
        Assert.Equal(Errno.ENOENT, File(2, _group).Errno);
    }

    [Fact]
    public void SetSpaprTce_Arguments_AnswersAsTheKernel()
    {
        var table = Table(0x100, 12, 0, 16);
        Assert.Equal(Errno.ENOENT, Set(_group, table).Errno);
        File(1, _group);
        Assert.Equal(Errno.EBADF, Set(-1, table).Errno);
        Assert.Equal(Errno.ENOENT, Set(_rig.Caller.Add(_rig.Container), table).Errno);
        Assert.Equal(Errno.EBADF, Set(_group, -1).Errno);
        Assert.Equal(Errno.EINVAL, Set(_group, TestCaller.OtherFile).Errno);
        Assert.Equal(Errno.None, Set(_group, table).Errno);
        Assert.Equal(Errno.None, Set(_group, table).Errno);
        Assert.Equal(Errno.None, Set(_group, Table(0x101, 12, 0, 0x40000)).Errno);
        Assert.Equal(Errno.EINVAL, Set(_group, Table(0x102, 12, 0, 0x40001)).Errno);
        Assert.Equal(Errno.EINVAL, Set(_group, Table(0x103, 12, 1, 16)).Errno);
        Assert.Equal(Errno.None, Set(_group, Table(0x104, 16, PowerRig.Dynamic >> 16, 1)).Errno);
        Assert.Equal(Errno.EINVAL, Set(_group, Table(0x105, 12, PowerRig.Dynamic >> 12, 16)).Errno);

        using var other = new PowerRig();
        Assert.Equal(Errno.EINVAL, Set(_group, _rig.Caller.Add(new SpaprTceFile(other.Create(1, 12, 0, 16)))).Errno);
        var device = OpenDevice();
        Assert.Equal(Errno.None, File(1, device).Errno);
        Assert.Equal(Errno.EIO, Set(device, table).Errno);
        Assert.Equal(Errno.None, File(2, device).Errno);
    }

    [Fact]
    public void Attachment_EndsWithFileTableAndDevice()
    {
        var table = Table(0x100, 12, 0, 16);
        var guest = ((SpaprTceFile)_rig.Caller.File(table)).Table;
        File(1, _group);
        Set(_group, table);
        Set(_group, table);
        Assert.Equal([_rig.WindowOf(0, 0)], guest.HardwareTables);

        // Each SET counts, and DEL takes back one: the kernel's way.
        File(2, _group);
        Assert.Equal([_rig.WindowOf(0, 0)], guest.HardwareTables);
        File(1, _group);
        Set(_group, table);
        File(2, _group);
        File(1, _group);
        Set(_group, table);
        _rig.Caller.Close(table);
        Assert.Empty(guest.HardwareTables);
        Assert.DoesNotContain(guest, _rig.Vm.Tables);

        table = Table(0x100, 12, 0, 16);
        guest = ((SpaprTceFile)_rig.Caller.File(table)).Table;
        Set(_group, table);
        Assert.Single(guest.HardwareTables);
        _rig.Caller.Close(_device);
        Assert.Empty(guest.HardwareTables);
    }

    [Fact]
    public void Add_KeepsTheFileOpen_UntilDeviceIsClosed()
    {
        File(1, _group);
        _rig.Caller.Close(_group);
        Assert.Equal(Errno.EBUSY, _rig.System.FindGroup(0)!.Open(out _).Errno);
        _rig.Caller.Close(_device);
        Assert.Equal(Errno.None, _rig.System.FindGroup(0)!.Open(out _).Errno);
    }

    [Fact]
    public void Device_OpenedAfterAdd_IsInTheMachine()
    {
        var device = OpenDevice();
        Assert.Null(_rig.Device.OpenedIn);
        File(1, _group);
        _rig.Caller.Close(OpenDevice());
        Assert.Null(_rig.Device.OpenedIn);
        _rig.Caller.Close(device);
        device = OpenDevice();
        Assert.Same(_rig.Vm, _rig.Device.OpenedIn);
        File(2, _group);
        Assert.Same(_rig.Vm, _rig.Device.VirtualMachine);
        _rig.Caller.Close(device);
        Assert.Null(_rig.Device.VirtualMachine);
    }

    [Fact]
    public void Machine_LivesAsLongAsItsDevicesTablesAndProcessors()
    {
        var table = Table(0x100, 12, 0, 16);
        var cpu = new TceHypercalls(_rig.Vm);
        _vmFile.Release();
        Assert.False(_rig.Vm.IsGone);
        _rig.Caller.Close(_device);
        _rig.Caller.Close(table);
        Assert.False(_rig.Vm.IsGone);
        cpu.Dispose();
        cpu.Dispose();
        Assert.True(_rig.Vm.IsGone);
    }

    [Fact]
    public void Ioctl_OfAnotherProcess_ReturnsEIO()
    {
        using var other = new TestCaller();
        Assert.Equal(Errno.EIO, _vmFile.Ioctl(other, KvmIoctl.KVM_CHECK_EXTENSION, 3).Errno);
        Assert.Equal(Errno.EIO, _rig.Caller.File(_device).Ioctl(other, KvmIoctl.KVM_HAS_DEVICE_ATTR, 0).Errno);
    }

    private long CreateDevice(out SysResult answer, uint type = KvmVfio.KVM_DEV_TYPE_VFIO, uint flags = 0)
    {
        answer = _rig.Caller.Call(_vmFile, KvmIoctl.KVM_CREATE_DEVICE, new KvmCreateDevice { Type = type, Flags = flags, Fd = 77 });
        Assert.True(_rig.Caller.Memory.TryRead<KvmCreateDevice>(_rig.Caller.Argument, out var create));
        return create.Fd;
    }

    private int Table(ulong liobn, uint shift, ulong offset, ulong size)
    {
        var result = _rig.Caller.Call(
            _vmFile,
            KvmIoctl.KVM_CREATE_SPAPR_TCE_64,
            new KvmCreateSpaprTce64 { Liobn = liobn, PageShift = shift, Offset = offset, Size = size });
        Assert.False(result.IsError);
        return (int)result.Raw;
    }

    private int OpenDevice()
    {
        Assert.True(_rig.Caller.Memory.TryWrite(_rig.Caller.Argument, Encoding.ASCII.GetBytes("d0\0")));
        var opened = _rig.Group.Ioctl(_rig.Caller, VfioIoctl.VFIO_GROUP_GET_DEVICE_FD, _rig.Caller.Argument);
        Assert.False(opened.IsError);
        Assert.IsType<DeviceFile>(_rig.Caller.File(opened.Raw));
        return (int)opened.Raw;
    }

    private SysResult Attr(uint command, uint group, ulong attribute, ulong address)
        => _rig.Caller.Call(_rig.Caller.File(_device), command, new KvmDeviceAttr { Group = group, Attr = attribute, Addr = address });

    private SysResult File(ulong attribute, int fd)
    {
        var at = _rig.Caller.Argument + 512;
        Assert.True(_rig.Caller.Memory.TryWrite(at, fd));
        return Attr(KvmIoctl.KVM_SET_DEVICE_ATTR, 1, attribute, at);
    }

    private SysResult Set(int group, int table)
    {
        var at = _rig.Caller.Argument + 512;
        Assert.True(_rig.Caller.Memory.TryWrite(at, new KvmVfioSpaprTce { Groupfd = group, Tablefd = table }));
        return Attr(KvmIoctl.KVM_SET_DEVICE_ATTR, 1, KvmVfio.KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE, at);
    }
}
