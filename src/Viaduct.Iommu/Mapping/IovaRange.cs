namespace Viaduct.Iommu;

/// <summary>An entry of an <see cref="IovaMap{T}"/>.</summary>
/// <param name="First">The first address.</param>
/// <param name="Last">The last address; it belongs to the range, which may end at 2^64 - 1.</param>
/// <param name="Value">What is there.</param>
public readonly record struct IovaRange<T>(ulong First, ulong Last, T Value)
    where T : struct;
