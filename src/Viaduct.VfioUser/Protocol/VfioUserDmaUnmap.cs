using System.Runtime.InteropServices;

namespace Viaduct.VfioUser.Protocol;

/// <summary>VFIO_USER_DMA_UNMAP; the reply is the same again.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioUserDmaUnmap
{
    /// <summary>sizeof, in bytes.</summary>
    public const int StructSize = 24;

    /// <summary>The most bytes that the reply may have.</summary>
    public uint ArgSz;

    /// <summary>What to do.</summary>
    public VfioUserDmaUnmapFlags Flags;

    /// <summary>The first I/O virtual address.</summary>
    public ulong Address;

    /// <summary>Bytes.</summary>
    public ulong Size;
}
