using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_info_cap_header, vfio.h: head of every capability of an info ioctl's chain.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioInfoCapHeader
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 8;

    /// <summary>Capability id; each info ioctl has ids of its own.</summary>
    public ushort Id;

    /// <summary>Version of that capability's layout.</summary>
    public ushort Version;

    /// <summary>Offset of the next capability from the start of the info struct; 0 ends the chain.</summary>
    public uint Next;
}
