using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Iommu.Iommufd;
using Viaduct.Memory;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Groups;
using Viaduct.Vfio.Iommufd;

namespace Viaduct.Vfio.Devices;

/// <summary>
/// An open /dev/vfio/devices/vfioN (struct vfio_device_file without a group). Anybody may open it; the device can be used
/// once VFIO_DEVICE_BIND_IOMMUFD has succeeded, which only one file's can at a time.
/// </summary>
public sealed class CdevFile : VfioFile, IAssignableFile
{
    private readonly VfioGroup _group;
    private IVirtualMachine? _machine;
    private int _references = 1;

    // Set last by a bind, under the system's gate, and read without: it lets everything else in.
    private volatile IommufdDevice? _bound;

    internal CdevFile(VfioGroup group, VfioDevice device)
    {
        _group = group;
        Device = device;
        DeviceNumber = device.CharacterDevice!.Value.Number;
        LinkName = "/dev/vfio/devices/" + device.NodeName;
    }

    /// <summary>The device.</summary>
    public VfioDevice Device { get; }

    /// <inheritdoc/>
    public override string LinkName { get; }

    /// <inheritdoc/>
    public override DeviceNumber? DeviceNumber { get; }

    /// <inheritdoc/>
    public override bool HasTransfers => true;

    /// <inheritdoc/>
    public override string FdInfo => $"vfio-device-syspath: {Device.SysfsPath}\n";

    /// <inheritdoc/>
    public override MemorySource? DmaTarget => Device.DmaTarget;

    /// <inheritdoc/>
    public override SysResult Ioctl(Caller caller, uint command, ulong argument)
    {
        if (command == VfioIoctl.VFIO_DEVICE_BIND_IOMMUFD)
        {
            return Bind(caller, argument);
        }

        if (_bound is not { } bound)
        {
            return Errno.EINVAL;
        }

        return command switch
        {
            VfioIoctl.VFIO_DEVICE_ATTACH_IOMMUFD_PT => Attach(bound, caller, argument),
            VfioIoctl.VFIO_DEVICE_DETACH_IOMMUFD_PT => Detach(bound, caller, argument),
            _ => Device.Ioctl(caller, command, argument),
        };
    }

    /// <inheritdoc/>
    public override SysResult Read(Caller caller, ulong buffer, ulong count, ulong position)
        => _bound is null ? Errno.EINVAL : Device.Read(caller, buffer, count, position);

    /// <inheritdoc/>
    public override SysResult Write(Caller caller, ulong buffer, ulong count, ulong position)
        => _bound is null ? Errno.EINVAL : Device.Write(caller, buffer, count, position);

    /// <inheritdoc/>
    public override SysResult Mmap(in MmapRequest request) => _bound is null ? Errno.EINVAL : Device.Mmap(request);

    /// <inheritdoc/>
    public override bool TryLoad(ulong position, int width, out ulong value)
        => Device.TryLoad(position, width, out value);

    /// <inheritdoc/>
    public override bool TryStore(ulong position, int width, ulong value) => Device.TryStore(position, width, value);

    /// <inheritdoc/>
    public override void Release()
    {
        lock (_group.System.Gate)
        {
            if (--_references > 0)
            {
                return;
            }

            if (_bound is { } bound)
            {
                _bound = null;
                Close(bound);
            }

            Device.Put();
        }
    }

    /// <inheritdoc/>
    Lock IAssignableFile.Gate => _group.System.Gate;

    /// <inheritdoc/>
    IommuGroup? IAssignableFile.IommuGroup => null;

    /// <inheritdoc/>
    void IAssignableFile.Hold()
    {
        lock (_group.System.Gate)
        {
            _references++;
        }
    }

    /// <inheritdoc/>
    void IAssignableFile.LetGo() => Release();

    /// <inheritdoc/>
    void IAssignableFile.SetVirtualMachine(IVirtualMachine? machine)
    {
        lock (_group.System.Gate)
        {
            _machine = machine;
        }
    }

    /// <summary>vfio_df_ioctl_bind_iommufd.</summary>
    private SysResult Bind(Caller caller, ulong argument)
    {
        var read = BindRequest.Read(caller, argument, out var bind);
        if (read.IsError)
        {
            return read;
        }

        lock (_group.System.Gate)
        {
            if (_group.OpenedFile is not null)
            {
                return Errno.EBUSY;
            }

            if (_bound is not null)
            {
                return Errno.EINVAL;
            }

            var token = CheckToken(caller, bind);
            if (token.IsError)
            {
                return token;
            }

            var found = caller.GetFile(bind.Iommufd, out var file);
            if (found.IsError)
            {
                return found;
            }

            return file is IommufdFile { Context: var context }
                ? Open(context, caller, argument)
                : Errno.EBADFD;
        }
    }

    /// <summary>vfio_df_check_token: 16 bytes, where the client has one.</summary>
    private SysResult CheckToken(Caller caller, in VfioDeviceBindIommufd bind)
    {
        if ((bind.Flags & VfioDeviceBindFlags.VFIO_DEVICE_BIND_FLAG_TOKEN) == 0)
        {
            return Device.MatchToken(null);
        }

        return caller.Memory.TryRead(bind.TokenUuidPtr, out VfToken token) ? Device.MatchToken(token) : Errno.EFAULT;
    }

    private SysResult Open(IommufdContext context, Caller caller, ulong argument)
    {
        const int OutDevIdOffset = 12;
        if (Device.OpenCount != 0)
        {
            return Errno.EINVAL;
        }

        var bound = context.Bind(Device.Group, out var device);
        if (bound.IsError)
        {
            return bound;
        }

        Device.VirtualMachine = _machine;
        var opened = Device.OpenDevice();
        if (opened.IsError)
        {
            Device.VirtualMachine = null;
            device!.Unbind();
            return opened;
        }

        Device.OpenCount = 1;
        Device.IsOpenByCdev = true;
        Device.Iommufd = device;
        _group.CdevOpenCount++;
        if (!caller.Memory.TryWrite(argument + OutDevIdOffset, device!.Id))
        {
            Close(device);
            return Errno.EFAULT;
        }

        _bound = device;
        return SysResult.Success;
    }

    private void Close(IommufdDevice bound)
    {
        Device.CloseDevice();
        Device.VirtualMachine = null;
        Device.OpenCount = 0;
        Device.IsOpenByCdev = false;
        Device.Iommufd = null;
        bound.Unbind();
        _group.CdevOpenCount--;
    }

    private SysResult Attach(IommufdDevice bound, Caller caller, ulong argument)
    {
        const int PtIdOffset = 8;
        const int MinSize = VfioDeviceAttachIommufdPt.MinSize;
        if (!caller.Memory.TryReadPrefix(argument, MinSize, out VfioDeviceAttachIommufdPt attach))
        {
            return Errno.EFAULT;
        }

        if (attach.ArgSz < MinSize || (attach.Flags & ~VfioDeviceAttachFlags.VFIO_DEVICE_ATTACH_PASID) != 0)
        {
            return Errno.EINVAL;
        }

        if (attach.Flags != 0)
        {
            var pasid = ReadPasid(caller, argument, attach.ArgSz, MinSize, out attach.Pasid);
            return pasid.IsError ? pasid : bound.AttachPasid(attach.Pasid, attach.PtId);
        }

        lock (_group.System.Gate)
        {
            var attached = bound.Attach(caller, ref attach.PtId);
            if (attached.IsError)
            {
                return attached;
            }

            if (caller.Memory.TryWrite(argument + PtIdOffset, attach.PtId))
            {
                return SysResult.Success;
            }

            bound.Detach();
            return Errno.EFAULT;
        }
    }

    private SysResult Detach(IommufdDevice bound, Caller caller, ulong argument)
    {
        const int MinSize = VfioDeviceDetachIommufdPt.MinSize;
        if (!caller.Memory.TryReadPrefix(argument, MinSize, out VfioDeviceDetachIommufdPt detach))
        {
            return Errno.EFAULT;
        }

        if (detach.ArgSz < MinSize || (detach.Flags & ~VfioDeviceDetachFlags.VFIO_DEVICE_DETACH_PASID) != 0)
        {
            return Errno.EINVAL;
        }

        if (detach.Flags != 0)
        {
            return ReadPasid(caller, argument, detach.ArgSz, MinSize, out _);
        }

        lock (_group.System.Gate)
        {
            bound.Detach();
            return SysResult.Success;
        }
    }

    private static SysResult ReadPasid(Caller caller, ulong argument, uint size, int offset, out uint pasid)
    {
        pasid = 0;
        if (size < (uint)offset + sizeof(uint))
        {
            return Errno.EINVAL;
        }

        return caller.Memory.TryRead(argument + (ulong)offset, out pasid) ? SysResult.Success : Errno.EFAULT;
    }
}
