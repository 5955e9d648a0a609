namespace Viaduct.Driver;

/// <summary>What a back-end says of a region.</summary>
/// <param name="Index">See <see cref="RegionIndex"/>.</param>
/// <param name="Size">Bytes; 0 for a region that the device does not have.</param>
/// <param name="CanRead">It can be read.</param>
/// <param name="CanWrite">It can be written.</param>
/// <param name="MappableAreas">The parts that can be mapped; empty where accesses must go through the back-end.</param>
public sealed record RegionInfo(
    int Index, ulong Size, bool CanRead, bool CanWrite, IReadOnlyList<MappableArea> MappableAreas);
