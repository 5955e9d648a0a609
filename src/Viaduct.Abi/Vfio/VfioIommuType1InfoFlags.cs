namespace Viaduct.Abi;

/// <summary><see cref="VfioIommuType1Info.Flags"/>, vfio.h.</summary>
[Flags]
public enum VfioIommuType1InfoFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary><see cref="VfioIommuType1Info.IovaPgsizes"/> is filled.</summary>
    VFIO_IOMMU_INFO_PGSIZES = 1 << 0,

    /// <summary>A capability chain follows.</summary>
    VFIO_IOMMU_INFO_CAPS = 1 << 1,
}
