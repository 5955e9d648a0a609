using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_vevent_arm_smmuv3, iommufd.h: an Arm SMMUv3 event.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuVeventArmSmmuv3
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 32;

    /// <summary>Event record, little-endian.</summary>
    public UInt64x4 Evt;
}
