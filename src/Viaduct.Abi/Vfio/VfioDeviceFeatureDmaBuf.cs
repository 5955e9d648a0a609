using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_feature_dma_buf, vfio.h: VFIO_DEVICE_FEATURE_DMA_BUF.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceFeatureDmaBuf
{
    /// <summary>sizeof of the struct, in bytes, without the array <c>dma_ranges</c> that follows it.</summary>
    public const int Size = 16;

    /// <summary>The region.</summary>
    public uint RegionIndex;

    /// <summary>Flags of open(2) for the file descriptor.</summary>
    public uint OpenFlags;

    /// <summary>0.</summary>
    public uint Flags;

    /// <summary>Number of <see cref="VfioRegionDmaRange"/> that follow.</summary>
    public uint NrRanges;
}
