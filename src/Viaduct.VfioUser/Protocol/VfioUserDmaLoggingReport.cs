using System.Runtime.InteropServices;

namespace Viaduct.VfioUser.Protocol;

/// <summary>Data of VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT; the reply has the bitmap behind it, in units of eight bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioUserDmaLoggingReport
{
    /// <summary>sizeof, in bytes.</summary>
    public const int StructSize = 24;

    /// <summary>First IOVA.</summary>
    public ulong Iova;

    /// <summary>Bytes.</summary>
    public ulong Length;

    /// <summary>Bytes that one bit stands for.</summary>
    public ulong PageSize;
}
