using System.Runtime.CompilerServices;

namespace Viaduct.Iommu;

/// <summary>The children of a node, in the node.</summary>
[InlineArray(IovaMapNode.Capacity)]
internal struct IovaMapChildren
{
    private IovaMapNode? _first;
}
