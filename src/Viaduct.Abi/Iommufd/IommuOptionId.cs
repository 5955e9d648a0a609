namespace Viaduct.Abi;

/// <summary>enum iommufd_option, iommufd.h: <see cref="IommuOption.OptionId"/>.</summary>
public enum IommuOptionId : uint
{
    /// <summary>Pinned memory counts for the user (0) or the process (1); for all address spaces.</summary>
    IOMMU_OPTION_RLIMIT_MODE = 0,

    /// <summary>Pages may be merged (1) or not (0); for one address space.</summary>
    IOMMU_OPTION_HUGE_PAGES = 1,
}
