namespace Viaduct.Abi;

/// <summary><see cref="VfioIommuSpaprTceInfo.Flags"/>, vfio.h.</summary>
[Flags]
public enum VfioSpaprTceInfoFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary><see cref="VfioIommuSpaprTceInfo.Ddw"/> is filled.</summary>
    VFIO_IOMMU_SPAPR_INFO_DDW = 1 << 0,
}
