using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_hw_info_arm_smmuv3, iommufd.h: Arm SMMUv3 capabilities.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwInfoArmSmmuv3
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 40;

    /// <summary>Errata.</summary>
    public IommuHwInfoArmSmmuv3Flags Flags;

    /// <summary>0.</summary>
    public uint Reserved;

    /// <summary>ID registers 0 to 5.</summary>
    public UInt32x6 Idr;

    /// <summary>Implementation register.</summary>
    public uint Iidr;

    /// <summary>Architecture register.</summary>
    public uint Aidr;
}
