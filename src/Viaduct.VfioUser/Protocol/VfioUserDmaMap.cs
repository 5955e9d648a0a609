using System.Runtime.InteropServices;

namespace Viaduct.VfioUser.Protocol;

/// <summary>VFIO_USER_DMA_MAP, with at most one descriptor beside it. The reply has no payload.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioUserDmaMap
{
    /// <summary>sizeof, in bytes.</summary>
    public const int StructSize = 32;

    /// <summary>Bytes of this structure.</summary>
    public uint ArgSz;

    /// <summary>What the device may do.</summary>
    public VfioUserDmaFlags Flags;

    /// <summary>Where the memory starts in the descriptor's file.</summary>
    public ulong Offset;

    /// <summary>The first I/O virtual address.</summary>
    public ulong Address;

    /// <summary>Bytes.</summary>
    public ulong Size;
}
