using System.Runtime.CompilerServices;

namespace Viaduct.Iommu;

/// <summary>The values of a leaf, in the leaf.</summary>
[InlineArray(IovaMapNode.Capacity)]
internal struct IovaMapValues<T>
    where T : struct
{
    private T _first;
}
