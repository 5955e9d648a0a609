namespace Viaduct.Iommu.Iommufd;

/// <summary>A piece of what is to be mapped: struct iopt_pages_list.</summary>
/// <param name="Pages">The memory.</param>
/// <param name="Address">The first byte there.</param>
/// <param name="Length">Bytes, above zero.</param>
internal readonly record struct IoasSlice(IoasPages Pages, ulong Address, ulong Length);
