namespace Viaduct.Memory;

/// <summary>A range of client memory held for DMA: what pin_user_pages(FOLL_LONGTERM) holds in the kernel.</summary>
/// <param name="Source">Where the bytes are.</param>
/// <param name="Offset">The first byte's place in <paramref name="Source"/>.</param>
/// <param name="LockedPages">
/// Pages of 4 KiB that count against RLIMIT_MEMLOCK; a mapped BAR's pages do not. After a failed
/// <see cref="ClientMemory.Pin"/>: the pages that came before the one that failed.
/// </param>
public readonly record struct PinnedRange(MemorySource? Source, ulong Offset, ulong LockedPages);
