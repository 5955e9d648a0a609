using System.Runtime.CompilerServices;

namespace Viaduct.Abi;

/// <summary>u32[6], as structs of iommufd.h embed it; index it like an array.</summary>
[InlineArray(6)]
public struct UInt32x6
{
    private uint _first;
}
