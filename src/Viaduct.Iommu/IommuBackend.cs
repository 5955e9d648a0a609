using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu;

/// <summary>
/// The I/O address space behind a container once VFIO_SET_IOMMU has chosen it: struct vfio_iommu_driver_ops. The
/// caller holds the container's lock around every member.
/// </summary>
public abstract class IommuBackend
{
    /// <summary>VFIO_CHECK_EXTENSION on a container that has this back-end: above zero where it has the
    /// extension.</summary>
    public abstract SysResult CheckExtension(ulong extension);

    /// <summary>Puts a group's devices behind this address space.</summary>
    public abstract SysResult AttachGroup(IommuGroup group);

    /// <summary>Takes them out again; their DMA is blocked from here on. The last one out takes all mappings
    /// along.</summary>
    public abstract void DetachGroup(IommuGroup group);

    /// <summary>Every ioctl of the container that the container itself does not know.</summary>
    public abstract SysResult Ioctl(ClientTask caller, uint command, ulong argument);

    /// <summary>The container let go: drops every mapping and everything charged for it.</summary>
    public abstract void Release();

    /// <summary>Mappings that exist now, for reports and metrics.</summary>
    public abstract int MappingCount { get; }
}
