using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>A back-end's side of a <see cref="DmaSpace"/>.</summary>
public interface IDmaMapper
{
    /// <summary>Makes memory visible to the device.</summary>
    /// <param name="iova">Page aligned; free.</param>
    /// <param name="memory">All of it is mapped.</param>
    /// <param name="access">What the device may do.</param>
    /// <exception cref="VfioException">It was refused.</exception>
    void Map(ulong iova, MemoryMapping memory, DmaAccess access);

    /// <summary>Takes back a mapping that <see cref="Map"/> made, whole.</summary>
    /// <returns>False where the other side did not.</returns>
    bool Unmap(ulong iova, ulong size);
}
