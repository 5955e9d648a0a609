namespace Viaduct.Iommu.Iommufd;

/// <summary>Memory at a range of I/O virtual addresses: struct iopt_area.</summary>
/// <param name="Pages">The memory.</param>
/// <param name="Address">The first byte there.</param>
/// <param name="Access">What devices may do.</param>
/// <param name="Pin">What holds it while a page table reaches it.</param>
internal readonly record struct IoasArea(IoasPages Pages, ulong Address, DmaAccess Access, IoasPin? Pin);
