namespace Viaduct.Driver;

/// <summary>I/O virtual addresses, both ends included, so that the last page of the space can be named.</summary>
/// <param name="First">The first address.</param>
/// <param name="Last">The last address; not below <paramref name="First"/>.</param>
public readonly record struct IovaRange(ulong First, ulong Last)
{
    /// <summary>First and last address in hexadecimal.</summary>
    public override string ToString() => $"0x{First:x}-0x{Last:x}";
}
