using System.Runtime.CompilerServices;

namespace Viaduct.Abi;

/// <summary>An array of 6 that structs of iommufd.h embed.</summary>
[InlineArray(6)]
public struct UInt32x6
{
    private uint _first;
}
