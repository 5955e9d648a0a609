using Viaduct.Memory;

namespace Viaduct.Iommu;

/// <summary>What a client has mapped: struct vfio_dma.</summary>
/// <param name="Memory">The address space that the pages are counted in: the one that mapped them, or updated them
/// last.</param>
/// <param name="Pinned">The memory, given back when the mapping goes, and the pages that are counted for it.</param>
/// <param name="Access">What the device may do.</param>
/// <param name="IsVaddrInvalid">The client has taken the virtual address back with VFIO_DMA_UNMAP_FLAG_VADDR.</param>
internal readonly record struct Type1Mapping(
    ClientMemory Memory, PinnedRange Pinned, DmaAccess Access, bool IsVaddrInvalid);
