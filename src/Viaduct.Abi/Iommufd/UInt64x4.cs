using System.Runtime.CompilerServices;

namespace Viaduct.Abi;

/// <summary>An array of 4 that structs of iommufd.h embed.</summary>
[InlineArray(4)]
public struct UInt64x4
{
    private ulong _first;
}
