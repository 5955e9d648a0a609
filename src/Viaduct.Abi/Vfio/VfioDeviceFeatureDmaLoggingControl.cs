using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_feature_dma_logging_control, vfio.h: VFIO_DEVICE_FEATURE_DMA_LOGGING_START.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceFeatureDmaLoggingControl
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 24;

    /// <summary>Granularity in bytes; in: wished, out: chosen.</summary>
    public ulong PageSize;

    /// <summary>Number of ranges.</summary>
    public uint NumRanges;

    /// <summary>Reserved.</summary>
    public uint Reserved;

    /// <summary>Address of an array of <see cref="VfioDeviceFeatureDmaLoggingRange"/>.</summary>
    public ulong Ranges;
}
