using System.Runtime.CompilerServices;

namespace Viaduct.Abi;

/// <summary>u8[3], as structs of iommufd.h embed it; index it like an array.</summary>
[InlineArray(3)]
public struct UInt8x3
{
    private byte _first;
}
