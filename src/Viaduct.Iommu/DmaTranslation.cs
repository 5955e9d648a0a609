using Viaduct.Memory;

namespace Viaduct.Iommu;

/// <summary>Where an I/O virtual address leads.</summary>
/// <param name="Source">The memory.</param>
/// <param name="Offset">The address's place in <paramref name="Source"/>.</param>
/// <param name="Length">Bytes from there to the mapping's end; <see cref="ulong.MaxValue"/> where that is 2^64.</param>
public readonly record struct DmaTranslation(MemorySource Source, ulong Offset, ulong Length);
