using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_iova_range, vfio.h: IOVAs that can be mapped.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIovaRange
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>First.</summary>
    public ulong Start;

    /// <summary>Last, inclusive.</summary>
    public ulong End;
}
