namespace Viaduct.Abi;

/// <summary>Second names in enum iommu_hw_info_type, iommufd.h.</summary>
public static class IommuHwInfoTypeAlias
{
    /// <summary>As input: the IOMMU's own type.</summary>
    public const uint IOMMU_HW_INFO_TYPE_DEFAULT = 0;
}
