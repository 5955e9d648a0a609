using Viaduct.Memory;

namespace Viaduct.Iommu;

public sealed partial class IoAddressSpace
{
    /// <summary>Where a range leads.</summary>
    private readonly record struct Target(MemorySource Source, ulong Offset, DmaAccess Access);
}
