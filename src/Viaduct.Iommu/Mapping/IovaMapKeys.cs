using System.Runtime.CompilerServices;

namespace Viaduct.Iommu;

/// <summary>The keys of a node, in the node.</summary>
[InlineArray(IovaMapNode.Capacity)]
internal struct IovaMapKeys
{
    private ulong _first;
}
