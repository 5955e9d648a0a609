using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_bitmap, vfio.h: where a bitmap of pages is.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioBitmap
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 24;

    /// <summary>Bytes that one bit stands for.</summary>
    public ulong Pgsize;

    /// <summary>Bytes of the bitmap.</summary>
    public ulong Size;

    /// <summary>Address of the bitmap (a pointer in the header: 64-bit clients only).</summary>
    public ulong Data;
}
