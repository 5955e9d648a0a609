namespace Viaduct.Abi;

/// <summary>enum iommufd_vfio_ioas_op, iommufd.h: <see cref="IommuVfioIoas.Op"/>.</summary>
public enum IommuVfioIoasOp : ushort
{
    /// <summary>Get.</summary>
    IOMMU_VFIO_IOAS_GET = 0,

    /// <summary>Set.</summary>
    IOMMU_VFIO_IOAS_SET = 1,

    /// <summary>Have none.</summary>
    IOMMU_VFIO_IOAS_CLEAR = 2,
}
