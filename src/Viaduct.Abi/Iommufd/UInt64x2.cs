using System.Runtime.CompilerServices;

namespace Viaduct.Abi;

/// <summary>u64[2], as structs of iommufd.h embed it; index it like an array.</summary>
[InlineArray(2)]
public struct UInt64x2
{
    private ulong _first;
}
