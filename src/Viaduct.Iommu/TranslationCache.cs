using Viaduct.Memory;

namespace Viaduct.Iommu;

/// <summary>
/// The last translation that somebody used: an IOTLB of one entry. Good while nothing changes in its address space,
/// which the space checks. It belongs to one thread at a time.
/// </summary>
public struct TranslationCache
{
    internal IoAddressSpace? Space;
    internal long Sequence;
    internal ulong First;
    internal ulong Last;
    internal MemorySource? Source;
    internal ulong Offset;
    internal DmaAccess Access;
}
