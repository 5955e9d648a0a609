using System.Buffers;

namespace Viaduct.Linux;

/// <summary>
/// A mapping as <see cref="Memory{T}"/>, for streams and sockets. It does not own the mapping, and what was taken from
/// it must not be used once the mapping is gone. Pinning costs nothing: the memory never moves.
/// </summary>
/// <param name="mapping">The mapping; below 2 GiB.</param>
public sealed unsafe class MappedMemoryManager(MemoryMapping mapping) : MemoryManager<byte>
{
    /// <inheritdoc/>
    public override Span<byte> GetSpan() => mapping.GetSpan(0, checked((int)mapping.Length));

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((nuint)elementIndex, mapping.Length);
        return new MemoryHandle((byte*)mapping.Address + elementIndex);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
