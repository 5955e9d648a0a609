namespace Viaduct.Iommu;

/// <summary>How a device's DMA ended, and for a fault where.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Address">The first I/O virtual address that failed; where memory has gone, its page's first or the
/// transfer's.</param>
/// <param name="Access">What was wanted of it.</param>
public readonly record struct DmaResult(DmaStatus Status, ulong Address, DmaAccess Access)
{
    /// <summary>All bytes moved.</summary>
    public static DmaResult Ok => default;

    /// <summary>True where all bytes moved.</summary>
    public bool IsOk => Status == DmaStatus.Ok;
}
