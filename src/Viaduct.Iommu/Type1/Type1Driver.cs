using System.Globalization;
using Viaduct.Abi;

namespace Viaduct.Iommu;

/// <summary>The entry "vfio-iommu-type1" of the list of IOMMU drivers; drivers/vfio/vfio_iommu_type1.c.</summary>
/// <param name="options">For every container.</param>
public sealed class Type1Driver(Type1Options options) : IIommuDriver
{
    private const string Module = "vfio_iommu_type1";

    /// <inheritdoc/>
    public bool IsNoIommu => false;

    /// <inheritdoc/>
    public IReadOnlyList<ModuleParameter> Parameters { get; } =
    [
        new(Module, "allow_unsafe_interrupts", options.AllowUnsafeInterrupts ? "Y" : "N"),
        new(Module, "disable_hugepages", "N"),
        new(Module, "dma_entry_limit", options.DmaEntryLimit.ToString(CultureInfo.InvariantCulture)),
    ];

    /// <inheritdoc/>
    public SysResult CheckExtension(ulong extension)
        => SysResult.FromValue(extension switch
        {
            VfioIommuType.VFIO_TYPE1_IOMMU => 1,
            VfioIommuType.VFIO_TYPE1v2_IOMMU => 1,
            VfioIommuType.VFIO_UNMAP_ALL => 1,
            _ => 0,
        });

    /// <inheritdoc/>
    public SysResult Open(ulong type, out IommuBackend? backend)
    {
        // vfio_iommu_type1_open: the reserved number opens too, though no container comes here with it.
        bool? isV2 = type switch
        {
            VfioIommuType.VFIO_TYPE1_IOMMU => false,
            VfioIommuType.VFIO_TYPE1v2_IOMMU => true,
            VfioIommuType.__VFIO_RESERVED_TYPE1_NESTING_IOMMU => true,
            _ => null,
        };
        backend = isV2 is { } v2 ? new Type1Iommu(v2, options) : null;
        return backend is null ? Errno.EINVAL : SysResult.Success;
    }
}
