using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Iommu.Iommufd;
using Viaduct.Memory;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Groups;

namespace Viaduct.Vfio.Devices;

/// <summary>
/// An open device (struct vfio_device_file) that came from VFIO_GROUP_GET_DEVICE_FD. Several may be open on one device:
/// the first one enables it, the last one disables it.
/// </summary>
public sealed class DeviceFile : VfioFile, IAssignableFile
{
    private readonly GroupFile _group;
    private int _references = 1;

    private DeviceFile(GroupFile group, VfioDevice device)
    {
        _group = group;
        Device = device;
    }

    /// <summary>The device.</summary>
    public VfioDevice Device { get; }

    /// <inheritdoc/>
    public override string LinkName => "anon_inode:[vfio-device]";

    /// <inheritdoc/>
    public override DeviceNumber? DeviceNumber => null;

    /// <inheritdoc/>
    public override bool HasTransfers => true;

    /// <inheritdoc/>
    public override string FdInfo => $"vfio-device-syspath: {Device.SysfsPath}\n";

    /// <inheritdoc/>
    public override MemorySource? DmaTarget => Device.DmaTarget;

    /// <inheritdoc/>
    public override SysResult Ioctl(Caller caller, uint command, ulong argument)
        => command == VfioIoctl.VFIO_DEVICE_BIND_IOMMUFD && _group.Group.System.HasIommufd
            ? RefuseBind(caller, argument)
            : Device.Ioctl(caller, command, argument);

    /// <inheritdoc/>
    public override SysResult Read(Caller caller, ulong buffer, ulong count, ulong position)
        => Device.Read(caller, buffer, count, position);

    /// <inheritdoc/>
    public override SysResult Write(Caller caller, ulong buffer, ulong count, ulong position)
        => Device.Write(caller, buffer, count, position);

    /// <inheritdoc/>
    public override SysResult Mmap(in MmapRequest request) => Device.Mmap(request);

    /// <inheritdoc/>
    public override bool TryLoad(ulong position, int width, out ulong value)
        => Device.TryLoad(position, width, out value);

    /// <inheritdoc/>
    public override bool TryStore(ulong position, int width, ulong value) => Device.TryStore(position, width, value);

    /// <inheritdoc/>
    public override void Release()
    {
        lock (_group.Group.System.Gate)
        {
            if (--_references > 0)
            {
                return;
            }

            if (--Device.OpenCount == 0)
            {
                Close(_group, Device);
            }

            Device.Put();
        }
    }

    /// <inheritdoc/>
    Lock IAssignableFile.Gate => _group.Group.System.Gate;

    /// <inheritdoc/>
    IommuGroup? IAssignableFile.IommuGroup => null;

    /// <inheritdoc/>
    void IAssignableFile.Hold()
    {
        lock (_group.Group.System.Gate)
        {
            _references++;
        }
    }

    /// <inheritdoc/>
    void IAssignableFile.LetGo() => Release();

    /// <inheritdoc/>
    /// <remarks>The device is open already: nothing asks.</remarks>
    void IAssignableFile.SetVirtualMachine(IVirtualMachine? machine)
    {
    }

    /// <summary>Only a file that came from the device's own node can be bound.</summary>
    private static SysResult RefuseBind(Caller caller, ulong argument)
    {
        var read = BindRequest.Read(caller, argument, out _);
        return read.IsError ? read : Errno.EINVAL;
    }

    /// <summary>vfio_df_group_open(). The system's gate is held.</summary>
    internal static SysResult Open(Caller caller, GroupFile groupFile, VfioDevice device, out DeviceFile? file)
    {
        file = null;
        var group = groupFile.Group;
        if (!group.HasIommu)
        {
            return Errno.EINVAL;
        }

        if (device.OpenCount == 0)
        {
            var opened = OpenFirst(caller, groupFile, device);
            if (opened.IsError)
            {
                return opened;
            }

            var attached = Attach(caller, group, device);
            if (attached.IsError)
            {
                Close(groupFile, device);
                return attached;
            }
        }

        device.OpenCount++;
        device.Get();
        file = new DeviceFile(groupFile, device);
        return SysResult.Success;
    }

    /// <summary>vfio_df_device_first_open: the group is in a container that has an IOMMU, or the device becomes the
    /// iommufd's.</summary>
    private static SysResult OpenFirst(Caller caller, GroupFile groupFile, VfioDevice device)
    {
        var group = groupFile.Group;
        var allowed = CheckIommu(caller, group);
        if (allowed.IsError)
        {
            return allowed;
        }

        IommufdDevice? bound = null;
        if (group is { Iommufd: { } context, IsNoIommu: false })
        {
            var result = context.Bind(group.Iommu, out bound);
            if (result.IsError)
            {
                return result;
            }
        }

        device.VirtualMachine = group.VirtualMachine;
        var opened = device.OpenDevice();
        if (opened.IsError)
        {
            device.VirtualMachine = null;
            bound?.Unbind();
            return opened;
        }

        device.Iommufd = bound;
        if (group.Container is not null)
        {
            device.HoldsContainer = true;
            group.ContainerUsers++;
            groupFile.Get();
        }

        return SysResult.Success;
    }

    /// <summary>What the container or the iommufd must be like: vfio_group_use_container; without an IOMMU nobody may have said to an
    /// iommufd that he wants translation.</summary>
    private static SysResult CheckIommu(Caller caller, VfioGroup group)
    {
        if (group.Container is { HasBackend: false })
        {
            return Errno.EINVAL;
        }

        return group.IsNoIommu
            && (!caller.IsCapable(Capability.SysRawIo) || group.Iommufd?.GetCompatIoas().IsError == false)
            ? Errno.EPERM
            : SysResult.Success;
    }

    /// <summary>vfio_iommufd_compat_attach_ioas: nobody can ask for it later on this way.</summary>
    private static SysResult Attach(Caller caller, VfioGroup group, VfioDevice device)
    {
        if (device.Iommufd is not { } bound)
        {
            return SysResult.Success;
        }

        var ioas = group.Iommufd!.GetCompatIoas();
        if (ioas.IsError)
        {
            return ioas;
        }

        var id = (uint)ioas.Raw;
        return bound.Attach(caller, ref id);
    }

    /// <summary>vfio_df_device_last_close.</summary>
    private static void Close(GroupFile groupFile, VfioDevice device)
    {
        device.CloseDevice();
        device.VirtualMachine = null;
        if (device.Iommufd is { } bound)
        {
            device.Iommufd = null;
            bound.Unbind();
        }

        if (device.HoldsContainer)
        {
            device.HoldsContainer = false;
            groupFile.Group.ContainerUsers--;
            groupFile.Put();
        }
    }
}
