using Viaduct.Abi;

namespace Viaduct.Iommu.NoIommu;

/// <summary>The entry "vfio-noiommu" of the list of IOMMU drivers; drivers/vfio/container.c. It is there on machines whose module
/// was loaded with enable_unsafe_noiommu_mode=1.</summary>
public sealed class NoIommuDriver : IIommuDriver
{
    /// <inheritdoc/>
    public bool IsNoIommu => true;

    /// <inheritdoc/>
    public SysResult CheckExtension(ulong extension)
        => SysResult.FromValue(extension == VfioIommuType.VFIO_NOIOMMU_IOMMU ? 1 : 0);

    /// <inheritdoc/>
    public SysResult Open(ulong type, out IommuBackend? backend)
    {
        backend = type == VfioIommuType.VFIO_NOIOMMU_IOMMU ? new NoIommuBackend(this) : null;
        return backend is null ? Errno.EINVAL : SysResult.Success;
    }
}
