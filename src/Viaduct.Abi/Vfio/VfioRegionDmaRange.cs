using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_region_dma_range, vfio.h: a slice of a region, for a dma-buf.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioRegionDmaRange
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>First byte, in the region.</summary>
    public ulong Offset;

    /// <summary>Bytes.</summary>
    public ulong Length;
}
