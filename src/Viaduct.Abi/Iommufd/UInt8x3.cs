using System.Runtime.CompilerServices;

namespace Viaduct.Abi;

/// <summary>An array of 3 that structs of iommufd.h embed.</summary>
[InlineArray(3)]
public struct UInt8x3
{
    private byte _first;
}
