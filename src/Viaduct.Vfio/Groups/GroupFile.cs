using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Iommu.Iommufd;
using Viaduct.Vfio.Containers;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Iommufd;

namespace Viaduct.Vfio.Groups;

/// <summary>
/// An open /dev/vfio/N. Devices that were opened by way of a container keep it alive after the client closed it, and with it the
/// group's place in the container: the kernel's container holds a reference on the group's file. An iommufd holds none.
/// </summary>
public sealed class GroupFile : VfioFile, IAssignableFile
{
    private const int PageSize = 4096;

    private int _references = 1;

    internal GroupFile(VfioGroup group) => Group = group;

    /// <inheritdoc/>
    public override string LinkName => "/dev/vfio/" + Group.Name;

    /// <inheritdoc/>
    public override DeviceNumber? DeviceNumber => Group.DeviceNumber;

    internal VfioGroup Group { get; }

    /// <inheritdoc/>
    Lock IAssignableFile.Gate => Group.System.Gate;

    /// <inheritdoc/>
    IommuGroup? IAssignableFile.IommuGroup => Group.IsRevoked ? null : Group.Iommu;

    /// <inheritdoc/>
    void IAssignableFile.Hold()
    {
        lock (Group.System.Gate)
        {
            Get();
        }
    }

    /// <inheritdoc/>
    void IAssignableFile.LetGo() => Release();

    /// <inheritdoc/>
    void IAssignableFile.SetVirtualMachine(IVirtualMachine? machine)
    {
        lock (Group.System.Gate)
        {
            Group.VirtualMachine = machine;
        }
    }

    /// <inheritdoc/>
    public override SysResult Ioctl(Caller caller, uint command, ulong argument)
    {
        lock (Group.System.Gate)
        {
            return command switch
            {
                VfioIoctl.VFIO_GROUP_GET_STATUS => GetStatus(caller, argument),
                VfioIoctl.VFIO_GROUP_SET_CONTAINER => SetContainer(caller, argument),
                VfioIoctl.VFIO_GROUP_UNSET_CONTAINER => UnsetContainer(),
                VfioIoctl.VFIO_GROUP_GET_DEVICE_FD => GetDeviceFd(caller, argument),
                _ => Errno.ENOTTY,
            };
        }
    }

    /// <inheritdoc/>
    public override void Release()
    {
        lock (Group.System.Gate)
        {
            Put();
        }
    }

    internal void Get() => _references++;

    internal void Put()
    {
        if (--_references > 0)
        {
            return;
        }

        Group.OpenedFile = null;
        Group.Container?.Detach(Group);
        LeaveIommufd();
    }

    private SysResult GetStatus(Caller caller, ulong argument)
    {
        if (!caller.Memory.TryRead(argument, out VfioGroupStatus status))
        {
            return Errno.EFAULT;
        }

        if (status.ArgSz < VfioGroupStatus.MinSize)
        {
            return Errno.EINVAL;
        }

        if (Group.IsRevoked)
        {
            return Errno.ENODEV;
        }

        // Claimed by a host's driver of a sibling, or by an iommufd.
        status.Flags = Group.HasIommu
            ? VfioGroupStatusFlags.VFIO_GROUP_FLAGS_VIABLE | VfioGroupStatusFlags.VFIO_GROUP_FLAGS_CONTAINER_SET
            : Group.Iommu.IsClaimed ? VfioGroupStatusFlags.None
            : VfioGroupStatusFlags.VFIO_GROUP_FLAGS_VIABLE;

        return caller.Memory.TryWrite(argument, status) ? SysResult.Success : Errno.EFAULT;
    }

    private SysResult SetContainer(Caller caller, ulong argument)
    {
        if (!caller.Memory.TryRead(argument, out int fd))
        {
            return Errno.EFAULT;
        }

        var found = caller.GetFile(fd, out var file);
        if (found.IsError)
        {
            return found;
        }

        if (Group.HasIommu)
        {
            return Errno.EINVAL;
        }

        if (Group.IsRevoked)
        {
            return Errno.ENODEV;
        }

        return file switch
        {
            ContainerFile { Container: var container } => container.Attach(Group, caller),
            IommufdFile { Context: var context } => SetIommufd(context),
            _ => Errno.EBADFD,
        };
    }

    /// <summary>Nothing is claimed until a device is opened.</summary>
    private SysResult SetIommufd(IommufdContext context)
    {
        var created = Group.IsNoIommu ? context.SetNoIommu() : context.CreateCompatIoas();
        if (!created.IsError)
        {
            context.Get();
            Group.Iommufd = context;
        }

        return created;
    }

    private void LeaveIommufd()
    {
        Group.Iommufd?.Put();
        Group.Iommufd = null;
    }

    private SysResult UnsetContainer()
    {
        if (Group.Iommufd is not null)
        {
            LeaveIommufd(); // open devices go on with what they are bound to
            return SysResult.Success;
        }

        if (Group.Container is not { } container)
        {
            return Errno.EINVAL;
        }

        if (Group.ContainerUsers != 1)
        {
            return Errno.EBUSY;
        }

        container.Detach(Group);
        return SysResult.Success;
    }

    private SysResult GetDeviceFd(Caller caller, ulong argument)
    {
        Span<byte> buffer = stackalloc byte[PageSize];
        var copied = ClientString.Read(caller.Memory, argument, buffer);
        if (copied.IsError)
        {
            return copied;
        }

        var found = Group.FindDevice(buffer[..(int)copied.Raw], out var device);
        if (found.IsError)
        {
            return found;
        }

        var opened = DeviceFile.Open(caller, this, device!, out var file);
        if (opened.IsError)
        {
            // The kernel takes a number as soon as it knows the device.
            return caller.IsTableFull() ? Errno.EMFILE : opened;
        }

        var installed = caller.InstallFile(file!, closeOnExec: true);
        if (installed.IsError)
        {
            file!.Release();
        }

        return installed;
    }
}
