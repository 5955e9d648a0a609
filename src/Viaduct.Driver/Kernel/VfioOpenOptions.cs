namespace Viaduct.Driver;

/// <summary>How to open a device through the kernel's VFIO.</summary>
public sealed record VfioOpenOptions
{
    /// <summary>Which interface; <see cref="Container"/>, <see cref="Iommufd"/> and <see cref="Iommu"/> decide it where
    /// they are given.</summary>
    public VfioApi Api { get; init; }

    /// <summary>The container to put the device's group into; it stays open. Null makes one that the device
    /// owns.</summary>
    public VfioContainer? Container { get; init; }

    /// <summary>The iommufd to bind the device to; it stays open. Null makes one that the device owns.</summary>
    public VfioIommufd? Iommufd { get; init; }

    /// <summary>The IOMMU interface of a new container.</summary>
    public IommuPreference Iommu { get; init; }

    /// <summary>The token of an SR-IOV function whose physical function is VFIO's too.</summary>
    public Guid? VfToken { get; init; }

    /// <exception cref="ArgumentException">Two of them contradict each other.</exception>
    internal VfioApi ChooseApi()
    {
        var wantsGroup = Container is not null || Iommu != IommuPreference.Any;
        return (wantsGroup, Iommufd is not null, Api) switch
        {
            (true, true, _) => throw new ArgumentException("A device has a container or an iommufd, not both."),
            (true, _, VfioApi.Cdev) => throw new ArgumentException("Containers and their IOMMU interfaces are VfioApi.Group's."),
            (_, true, VfioApi.Group) => throw new ArgumentException("An iommufd is VfioApi.Cdev's."),
            (true, _, _) => VfioApi.Group,
            (_, true, _) => VfioApi.Cdev,
            _ => Api,
        };
    }
}
