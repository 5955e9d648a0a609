using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_viommu_arm_smmuv3_invalidate, iommufd.h: Arm SMMUv3 command.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuViommuArmSmmuv3Invalidate
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>The command, little-endian.</summary>
    public UInt64x2 Cmd;
}
