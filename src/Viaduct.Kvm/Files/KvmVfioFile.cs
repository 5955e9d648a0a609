using Viaduct.Abi;
using Viaduct.Vfio.Files;

namespace Viaduct.Kvm.Files;

/// <summary>The KVM-VFIO device's descriptor, anon_inode:kvm-vfio.</summary>
/// <param name="device">The device, which goes with this file.</param>
public sealed class KvmVfioFile(KvmVfioDevice device) : VfioFile
{
    /// <inheritdoc/>
    public override string LinkName => "anon_inode:kvm-vfio";

    /// <inheritdoc/>
    public override DeviceNumber? DeviceNumber => null;

    /// <inheritdoc/>
    public override bool HasPositions => false;

    /// <inheritdoc/>
    public override SysResult Ioctl(Caller caller, uint command, ulong argument)
    {
        if (caller.Memory != device.Vm.Memory)
        {
            return Errno.EIO;
        }

        return command switch
        {
            KvmIoctl.KVM_SET_DEVICE_ATTR => SetAttr(caller, argument),
            KvmIoctl.KVM_GET_DEVICE_ATTR => Errno.EPERM,
            KvmIoctl.KVM_HAS_DEVICE_ATTR => caller.Memory.TryRead<KvmDeviceAttr>(argument, out var attr)
                ? device.HasAttr(attr.Group, attr.Attr)
                : Errno.EFAULT,
            _ => Errno.ENOTTY,
        };
    }

    /// <inheritdoc/>
    public override void Release() => device.Release();

    private SysResult SetAttr(Caller caller, ulong argument)
    {
        if (!caller.Memory.TryRead<KvmDeviceAttr>(argument, out var attr))
        {
            return Errno.EFAULT;
        }

        if (device.HasAttr(attr.Group, attr.Attr).IsError)
        {
            return Errno.ENXIO;
        }

        return attr.Attr switch
        {
            KvmVfio.KVM_DEV_VFIO_FILE_ADD => WithFile(caller, attr.Addr, device.Add),
            KvmVfio.KVM_DEV_VFIO_FILE_DEL => WithFile(caller, attr.Addr, device.Remove),
            _ => SetSpaprTce(caller, attr.Addr),
        };
    }

    private static SysResult WithFile(Caller caller, ulong address, Func<VfioFile?, SysResult> act)
    {
        if (!caller.Memory.TryRead(address, out int fd))
        {
            return Errno.EFAULT;
        }

        var found = caller.GetFile(fd, out var file);
        return found.IsError ? found : act(file);
    }

    private SysResult SetSpaprTce(Caller caller, ulong address)
    {
        if (!caller.Memory.TryRead<KvmVfioSpaprTce>(address, out var set))
        {
            return Errno.EFAULT;
        }

        var found = caller.GetFile(set.Groupfd, out var file);
        if (found.IsError)
        {
            return found;
        }

        return device.SetSpaprTce(file, () => (caller.GetFile(set.Tablefd, out var table), (table as SpaprTceFile)?.Table));
    }
}
