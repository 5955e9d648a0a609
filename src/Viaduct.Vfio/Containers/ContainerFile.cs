using Viaduct.Abi;
using Viaduct.Vfio.Files;

namespace Viaduct.Vfio.Containers;

/// <summary>
/// An open /dev/vfio/vfio. Closing it changes nothing while groups are in the container: they hold it.
/// </summary>
public sealed class ContainerFile : VfioFile
{
    internal ContainerFile(Container container) => Container = container;

    /// <summary>The container.</summary>
    public Container Container { get; }

    /// <inheritdoc/>
    public override string LinkName => "/dev/vfio/vfio";

    /// <inheritdoc/>
    public override DeviceNumber? DeviceNumber => Files.DeviceNumber.Container;

    /// <inheritdoc/>
    public override SysResult Ioctl(Caller caller, uint command, ulong argument)
    {
        if (command == VfioIoctl.VFIO_GET_API_VERSION)
        {
            return SysResult.FromValue(VfioConstants.VFIO_API_VERSION);
        }

        lock (Container.System.Gate)
        {
            return command switch
            {
                VfioIoctl.VFIO_CHECK_EXTENSION => Container.CheckExtension(argument),
                VfioIoctl.VFIO_SET_IOMMU => Container.SetIommu(caller, argument),
                _ => Container.BackendIoctl(caller, command, argument),
            };
        }
    }

    /// <inheritdoc/>
    public override void Release()
    {
    }
}
