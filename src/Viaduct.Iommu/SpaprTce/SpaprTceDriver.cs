using Viaduct.Abi;

namespace Viaduct.Iommu.SpaprTce;

/// <summary>The entry "iommu-vfio-powerpc" of the list of IOMMU drivers; drivers/vfio/vfio_iommu_spapr_tce.c.</summary>
/// <param name="platform">The machine.</param>
public sealed class SpaprTceDriver(TcePlatform platform) : IIommuDriver
{
    /// <inheritdoc/>
    public bool IsNoIommu => false;

    /// <inheritdoc/>
    public string Module => "vfio_iommu_spapr_tce";

    /// <inheritdoc/>
    public SysResult CheckExtension(ulong extension) => SpaprTceIommu.CheckExtensionOf(platform, extension);

    /// <inheritdoc/>
    public SysResult Open(ulong type, out IommuBackend? backend)
    {
        bool? isV2 = type switch
        {
            VfioIommuType.VFIO_SPAPR_TCE_IOMMU => false,
            VfioIommuType.VFIO_SPAPR_TCE_v2_IOMMU => true,
            _ => null,
        };
        backend = isV2 is { } v2 ? new SpaprTceIommu(v2, platform) : null;
        return backend is null ? Errno.EINVAL : SysResult.Success;
    }
}
