using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_hw_info, iommufd.h: IOMMU_GET_HW_INFO.</summary>
[StructLayout(LayoutKind.Explicit)]
public struct IommuHwInfo
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 32;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 40;

    /// <summary>Bytes that the caller provides.</summary>
    [FieldOffset(0)]
    public uint Size;

    /// <summary>Flags.</summary>
    [FieldOffset(4)]
    public IommuHwInfoFlags Flags;

    /// <summary>The device.</summary>
    [FieldOffset(8)]
    public uint DevId;

    /// <summary>In: bytes of the buffer; out: bytes of data there are.</summary>
    [FieldOffset(12)]
    public uint DataLen;

    /// <summary>Address of the buffer.</summary>
    [FieldOffset(16)]
    public ulong DataUptr;

    /// <summary>In: the type wanted.</summary>
    [FieldOffset(24)]
    public IommuHwInfoType InDataType;

    /// <summary>Out: the type given.</summary>
    [FieldOffset(24)]
    public IommuHwInfoType OutDataType;

    /// <summary>Out: bits of a PASID; 0 without PASIDs.</summary>
    [FieldOffset(28)]
    public byte OutMaxPasidLog2;

    /// <summary>0.</summary>
    [FieldOffset(29)]
    public UInt8x3 Reserved;

    /// <summary>Out: what the IOMMU can do.</summary>
    [FieldOffset(32)]
    public IommuHwCapabilities OutCapabilities;
}
