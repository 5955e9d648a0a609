using Viaduct.Abi;
using Viaduct.Memory;
using Viaduct.Vfio.Files;

namespace Viaduct.Vfio.Devices;

/// <summary>VFIO_DEVICE_BIND_IOMMUFD's structure.</summary>
internal static class BindRequest
{
    /// <summary>Copies it and checks what depends on nothing else.</summary>
    public static SysResult Read(Caller caller, ulong argument, out VfioDeviceBindIommufd bind)
    {
        bind = default;
        if (!caller.Memory.TryRead(argument, out uint size))
        {
            return Errno.EFAULT;
        }

        if (size < VfioDeviceBindIommufd.MinSize)
        {
            return Errno.EINVAL;
        }

        var copied = ClientStruct.TryRead(caller.Memory, argument, size, VfioDeviceBindIommufd.Size, out bind);
        if (copied.IsError)
        {
            return copied;
        }

        return bind.Iommufd < 0 || (bind.Flags & ~VfioDeviceBindFlags.VFIO_DEVICE_BIND_FLAG_TOKEN) != 0
            ? Errno.EINVAL
            : SysResult.Success;
    }
}
