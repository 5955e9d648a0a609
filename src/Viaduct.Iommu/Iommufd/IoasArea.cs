using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>Client memory at a range of I/O virtual addresses: struct iopt_area with what it needs of its iopt_pages.</summary>
/// <param name="Memory">The address space that mapped it, whose pages are counted.</param>
/// <param name="Address">The first byte there.</param>
/// <param name="IsWritable">The pages were asked for to write, so that a copy may be written too.</param>
/// <param name="Access">What devices may do.</param>
/// <param name="Pinned">The memory while a page table holds it; none of it otherwise.</param>
internal readonly record struct IoasArea(
    ClientMemory Memory, ulong Address, bool IsWritable, DmaAccess Access, PinnedRange Pinned);
