using Viaduct.Abi;
using Viaduct.Memory;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Groups;

namespace Viaduct.Vfio.Devices;

/// <summary>
/// An open device (struct vfio_device_file) that came from VFIO_GROUP_GET_DEVICE_FD. Several may be open on one device:
/// the first one enables it, the last one disables it.
/// </summary>
public sealed class DeviceFile : VfioFile
{
    private readonly GroupFile _group;

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
        => command == VfioIoctl.VFIO_DEVICE_BIND_IOMMUFD
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
            if (--Device.OpenCount == 0)
            {
                Device.CloseDevice();
                _group.Group.ContainerUsers--;
                _group.Put();
            }
        }
    }

    /// <summary>Only a file that came from the device's own node can be bound.</summary>
    private static SysResult RefuseBind(Caller caller, ulong argument)
    {
        var read = BindRequest.Read(caller, argument, out _);
        return read.IsError ? read : Errno.EINVAL;
    }

    /// <summary>vfio_df_group_open(). The system's gate is held.</summary>
    internal static SysResult Open(GroupFile groupFile, VfioDevice device, out DeviceFile? file)
    {
        file = null;
        var group = groupFile.Group;
        if (group.Container is not { } container)
        {
            return Errno.EINVAL;
        }

        if (device.OpenCount == 0)
        {
            if (!container.HasBackend)
            {
                return Errno.EINVAL;
            }

            var opened = device.OpenDevice();
            if (opened.IsError)
            {
                return opened;
            }

            group.ContainerUsers++;
            groupFile.Get();
        }

        device.OpenCount++;
        file = new DeviceFile(groupFile, device);
        return SysResult.Success;
    }
}
