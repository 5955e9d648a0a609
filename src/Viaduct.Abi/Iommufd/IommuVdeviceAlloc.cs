using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_vdevice_alloc, iommufd.h: IOMMU_VDEVICE_ALLOC.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuVdeviceAlloc
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 24;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 24;

    /// <summary>Bytes that the caller provides.</summary>
    public uint Size;

    /// <summary>The virtual IOMMU.</summary>
    public uint ViommuId;

    /// <summary>The physical device.</summary>
    public uint DevId;

    /// <summary>Out: the virtual device.</summary>
    public uint OutVdeviceId;

    /// <summary>Its id in the virtual IOMMU.</summary>
    public ulong VirtId;
}
