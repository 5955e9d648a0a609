using System.Runtime.CompilerServices;

namespace Viaduct.Iommu;

/// <summary>A bit for each page of a <see cref="DirtyLeaf"/>.</summary>
[InlineArray(DirtyLeaf.Pages / 64)]
internal struct DirtyWords
{
    private ulong _first;
}
