using System.Runtime.InteropServices;

namespace Viaduct.VfioUser.Protocol;

/// <summary>VFIO_USER_DMA_READ and VFIO_USER_DMA_WRITE; the data is behind it.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioUserDmaAccess
{
    /// <summary>sizeof, in bytes. The reply to a write has 12 of them at least: the specification gives its count four bytes,
    /// libvfio-user and QEMU eight.</summary>
    public const int StructSize = 16;

    /// <summary>The least that the reply to a write has.</summary>
    public const int ShortSize = 12;

    /// <summary>The I/O virtual address.</summary>
    public ulong Address;

    /// <summary>Bytes of data.</summary>
    public ulong Count;
}
