using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>A piece of what is to be mapped: struct iopt_pages_list.</summary>
/// <param name="Memory">Whose memory.</param>
/// <param name="Address">The first byte there.</param>
/// <param name="Length">Bytes, above zero.</param>
/// <param name="IsWritable">It may be mapped to write.</param>
internal readonly record struct IoasSlice(ClientMemory Memory, ulong Address, ulong Length, bool IsWritable);
