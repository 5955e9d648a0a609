using Viaduct.Abi;

namespace Viaduct.Iommu;

/// <summary>The entry "vfio-iommu-type1" of the list of IOMMU drivers; drivers/vfio/vfio_iommu_type1.c.</summary>
public sealed class Type1Driver : IIommuDriver
{
    private const string ModuleName = "vfio_iommu_type1";

    private Type1Options _options;

    // Nothing maps by huge pages here, so nothing changes with it.
    private bool _disableHugepages;

    /// <summary>The driver with the parameters that it was loaded with.</summary>
    /// <param name="options">For every container until the parameters are changed.</param>
    public Type1Driver(Type1Options options)
    {
        _options = options;
        Parameters =
        [
            ModuleParameter.Flag(
                ModuleName,
                "allow_unsafe_interrupts",
                () => _options.AllowUnsafeInterrupts,
                value => _options = _options with { AllowUnsafeInterrupts = value }),
            ModuleParameter.Flag(ModuleName, "disable_hugepages", () => _disableHugepages, value => _disableHugepages = value),
            ModuleParameter.Number(
                Module, "dma_entry_limit", () => _options.DmaEntryLimit, value => _options = _options with { DmaEntryLimit = value }),
        ];
    }

    /// <inheritdoc/>
    public bool IsNoIommu => false;

    /// <inheritdoc/>
    public string Module => ModuleName;

    /// <inheritdoc/>
    public IReadOnlyList<ModuleParameter> Parameters { get; }

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
        backend = isV2 is { } v2 ? new Type1Iommu(v2, () => _options) : null;
        return backend is null ? Errno.EINVAL : SysResult.Success;
    }
}
