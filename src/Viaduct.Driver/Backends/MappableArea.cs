namespace Viaduct.Driver;

/// <summary>A part of a region that can be mapped.</summary>
/// <param name="Offset">Its first byte in the region.</param>
/// <param name="Size">Its bytes.</param>
public readonly record struct MappableArea(ulong Offset, ulong Size);
