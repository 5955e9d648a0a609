using Viaduct.Abi;

namespace Viaduct.Iommu.NoIommu;

/// <summary>The entry "vfio-noiommu" of the list of IOMMU drivers; drivers/vfio/container.c.</summary>
public sealed class NoIommuDriver : IIommuDriver
{
    private volatile bool _isEnabled;

    /// <summary>The driver, disabled.</summary>
    public NoIommuDriver() => Parameters =
    [
        ModuleParameter.Flag("vfio", "enable_unsafe_noiommu_mode", () => IsEnabled, value => IsEnabled = value),
    ];

    /// <summary>enable_unsafe_noiommu_mode: devices without an IOMMU may be given away.</summary>
    public bool IsEnabled
    {
        get => _isEnabled;
        set => _isEnabled = value;
    }

    /// <inheritdoc/>
    public bool IsNoIommu => true;

    /// <inheritdoc/>
    public IReadOnlyList<ModuleParameter> Parameters { get; }

    /// <inheritdoc/>
    public SysResult CheckExtension(ulong extension)
        => SysResult.FromValue(IsEnabled && extension == VfioIommuType.VFIO_NOIOMMU_IOMMU ? 1 : 0);

    /// <inheritdoc/>
    public SysResult Open(ulong type, out IommuBackend? backend)
    {
        backend = type == VfioIommuType.VFIO_NOIOMMU_IOMMU ? new NoIommuBackend(this) : null;
        return backend is null ? Errno.EINVAL : SysResult.Success;
    }
}
