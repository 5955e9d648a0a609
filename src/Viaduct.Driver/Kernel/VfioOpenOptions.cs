namespace Viaduct.Driver;

/// <summary>How to open a device through the kernel's VFIO.</summary>
public sealed record VfioOpenOptions
{
    /// <summary>The container to put the device's group into; it stays open. Null makes one that the device
    /// owns.</summary>
    public VfioContainer? Container { get; init; }

    /// <summary>The IOMMU interface of a new container.</summary>
    public IommuPreference Iommu { get; init; }

    /// <summary>The token of an SR-IOV function whose physical function is VFIO's too.</summary>
    public Guid? VfToken { get; init; }
}
