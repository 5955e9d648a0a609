namespace Viaduct.Abi;

/// <summary>enum iommufd_option_ops, iommufd.h: <see cref="IommuOption.Op"/>.</summary>
public enum IommuOptionOp : ushort
{
    /// <summary>Set.</summary>
    IOMMU_OPTION_OP_SET = 0,

    /// <summary>Get.</summary>
    IOMMU_OPTION_OP_GET = 1,
}
