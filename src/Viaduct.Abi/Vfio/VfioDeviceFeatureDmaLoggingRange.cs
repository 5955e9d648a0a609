using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_feature_dma_logging_range, vfio.h: a range of IOVAs to be logged.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceFeatureDmaLoggingRange
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>First IOVA.</summary>
    public ulong Iova;

    /// <summary>Bytes.</summary>
    public ulong Length;
}
