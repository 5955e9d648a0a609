using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_hw_info_tegra241_cmdqv, iommufd.h: Tegra241 CMDQV capabilities.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwInfoTegra241Cmdqv
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 8;

    /// <summary>0.</summary>
    public uint Flags;

    /// <summary>Version.</summary>
    public byte Version;

    /// <summary>Virtual command queues of an interface, log2.</summary>
    public byte Log2vcmdqs;

    /// <summary>Stream ids of an interface, log2.</summary>
    public byte Log2vsids;

    /// <summary>0.</summary>
    public byte Reserved;
}
