namespace Viaduct.Iommu;

/// <summary>What a mapping allows the device, and what an access wants: VFIO_DMA_MAP_FLAG_READ and _WRITE.</summary>
[Flags]
public enum DmaAccess : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The device reads memory.</summary>
    Read = 1,

    /// <summary>The device writes memory.</summary>
    Write = 2,
}
