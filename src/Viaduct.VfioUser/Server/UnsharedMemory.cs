using Viaduct.Memory;

namespace Viaduct.VfioUser.Server;

/// <summary>Memory that the client kept for itself: each access is a message. Offsets are I/O virtual addresses.</summary>
internal sealed class UnsharedMemory(DmaChannel channel) : MemorySource
{
    /// <inheritdoc/>
    public override bool TryRead(ulong offset, Span<byte> destination) => channel.Read(offset, destination);

    /// <inheritdoc/>
    public override bool TryWrite(ulong offset, ReadOnlySpan<byte> source) => channel.Write(offset, source);
}
