using System.Runtime.CompilerServices;

namespace Viaduct.Abi;

/// <summary>u64[4], as structs of iommufd.h embed it; index it like an array.</summary>
[InlineArray(4)]
public struct UInt64x4
{
    private ulong _first;
}
