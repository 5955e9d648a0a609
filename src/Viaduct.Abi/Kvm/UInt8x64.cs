using System.Runtime.CompilerServices;

namespace Viaduct.Abi;

/// <summary>u8[64], as kvm.h embeds it; index it like an array.</summary>
[InlineArray(64)]
public struct UInt8x64
{
    private byte _first;
}
