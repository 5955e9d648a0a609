namespace Viaduct.Iommu.Tests;

public enum Type1CallKind
{
    Map,
    Unmap,
    UnmapAll,
    Invalidate,
    InvalidateAll,
    UpdateVaddr,
}

public sealed record Type1Call(Type1CallKind Kind, int First, int Count, int Access);
