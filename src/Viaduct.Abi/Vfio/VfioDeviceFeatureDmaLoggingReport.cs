using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_feature_dma_logging_report, vfio.h: VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceFeatureDmaLoggingReport
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 32;

    /// <summary>First IOVA.</summary>
    public ulong Iova;

    /// <summary>Bytes.</summary>
    public ulong Length;

    /// <summary>Bytes that one bit stands for.</summary>
    public ulong PageSize;

    /// <summary>Address of the bitmap; bits are only ever set.</summary>
    public ulong Bitmap;
}
