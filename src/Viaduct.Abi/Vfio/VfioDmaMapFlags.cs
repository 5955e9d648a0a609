namespace Viaduct.Abi;

/// <summary><see cref="VfioIommuType1DmaMap.Flags"/>, vfio.h.</summary>
[Flags]
public enum VfioDmaMapFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Devices may read.</summary>
    VFIO_DMA_MAP_FLAG_READ = 1 << 0,

    /// <summary>Devices may write.</summary>
    VFIO_DMA_MAP_FLAG_WRITE = 1 << 1,

    /// <summary>Give an existing mapping a new process address.</summary>
    VFIO_DMA_MAP_FLAG_VADDR = 1 << 2,
}
