namespace Viaduct.Abi;

/// <summary>enum iommufd_hw_info_flags, iommufd.h.</summary>
[Flags]
public enum IommuHwInfoFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary><see cref="IommuHwInfo.InDataType"/> is given.</summary>
    IOMMU_HW_INFO_FLAG_INPUT_TYPE = 1 << 0,
}
