namespace Viaduct.Iommu.Iommufd;

/// <summary>What a context knows of a group whose devices are bound to it: struct iommufd_group.</summary>
/// <param name="iommu">The group.</param>
internal sealed class IommufdGroup(IommuGroup iommu)
{
    public IommuGroup Iommu { get; } = iommu;

    /// <summary>Bound devices.</summary>
    public int DeviceCount { get; set; }

    /// <summary>Where its devices are attached; null while none is.</summary>
    public HwPagetable? PageTable { get; set; }

    /// <summary>The devices that are attached.</summary>
    public List<IommufdDevice> Attached { get; } = [];
}
