using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Vfio.Devices;

/// <summary>The memory behind a region.</summary>
/// <param name="File">A memory file of the region's size, which nobody can change. The region's byte N is the file's. It stays the
/// device's.</param>
/// <param name="Areas">The parts that may be mapped, at least one: whole pages of 4 KiB, ascending, disjoint, inside the region.</param>
public sealed record RegionMemory(FileDescriptorHandle File, IReadOnlyList<VfioRegionSparseMmapArea> Areas);
