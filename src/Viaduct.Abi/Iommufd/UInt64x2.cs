using System.Runtime.CompilerServices;

namespace Viaduct.Abi;

/// <summary>An array of 2 that structs of iommufd.h embed.</summary>
[InlineArray(2)]
public struct UInt64x2
{
    private ulong _first;
}
