namespace Viaduct.Vfio.Files;

/// <summary>The arguments of mmap(2) that a driver's mmap operation sees.</summary>
/// <param name="Position">The offset argument; a multiple of 4 KiB.</param>
/// <param name="Length">Bytes, rounded up to 4 KiB; not zero.</param>
/// <param name="Shared">MAP_SHARED or MAP_SHARED_VALIDATE.</param>
public readonly record struct MmapRequest(ulong Position, ulong Length, bool Shared)
{
    /// <summary><see cref="Caller.RunsGuests"/>, of who calls.</summary>
    public bool RunsGuests { get; init; }
}
