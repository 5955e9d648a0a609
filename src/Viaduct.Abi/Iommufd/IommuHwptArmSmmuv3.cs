using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_hwpt_arm_smmuv3, iommufd.h: Arm SMMUv3 stream table entry.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptArmSmmuv3
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>First two words, little-endian.</summary>
    public UInt64x2 Ste;
}
