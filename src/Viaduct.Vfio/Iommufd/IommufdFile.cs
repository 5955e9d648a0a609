using Viaduct.Abi;
using Viaduct.Iommu.Iommufd;
using Viaduct.Vfio.Files;

namespace Viaduct.Vfio.Iommufd;

/// <summary>An open /dev/iommu. Devices that are bound to its context keep that alive after the client
/// closed this.</summary>
public sealed class IommufdFile : VfioFile
{
    /// <summary>The objects that the client made.</summary>
    public IommufdContext Context { get; } = new(IommufdFiles.Instance);

    /// <inheritdoc/>
    public override string LinkName => "/dev/iommu";

    /// <inheritdoc/>
    public override DeviceNumber? DeviceNumber => Files.DeviceNumber.Iommufd;

    /// <inheritdoc/>
    public override SysResult Ioctl(Caller caller, uint command, ulong argument)
        => Context.Ioctl(caller, command, argument);

    /// <summary>Only queues of virtual IOMMUs can be mapped, and there are none.</summary>
    public override SysResult Mmap(in MmapRequest request) => request.Shared ? Errno.ENXIO : Errno.EINVAL;

    /// <inheritdoc/>
    public override void Release() => Context.Put();
}
