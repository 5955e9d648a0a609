using System.Runtime.InteropServices;

namespace Viaduct.VfioUser.Protocol;

/// <summary>Data of VFIO_DEVICE_FEATURE_DMA_LOGGING_START; unlike vfio.h's it has its ranges behind it.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioUserDmaLoggingControl
{
    /// <summary>sizeof, in bytes.</summary>
    public const int StructSize = 16;

    /// <summary>Granularity in bytes; in: wished, out: chosen.</summary>
    public ulong PageSize;

    /// <summary>Number of ranges; zero for everything.</summary>
    public uint NumRanges;

    /// <summary>Reserved.</summary>
    public uint Reserved;
}
