namespace Viaduct.Memory;

/// <summary>
/// Something that a DMA address turns out to be: a client's process, a file that it shares with us, a device's BAR.
/// Offsets are in the source's own space (for a process, its virtual addresses). Every call may come from any thread
/// at any time, also after the client has gone: what is not there any more fails, it never throws.
/// </summary>
public abstract class MemorySource
{
    /// <summary>Copies out of the source.</summary>
    /// <returns>False where any byte could not be read; <paramref name="destination"/> then holds nothing useful.</returns>
    public abstract bool TryRead(ulong offset, Span<byte> destination);

    /// <summary>Copies into the source.</summary>
    /// <returns>False where any byte could not be written; bytes before it may have been.</returns>
    public abstract bool TryWrite(ulong offset, ReadOnlySpan<byte> source);

    /// <summary>
    /// The bytes in place, for sources that are mapped into this process and cannot shrink under it. The span is
    /// good until <see cref="Release"/>.
    /// </summary>
    public virtual bool TryGetSpan(ulong offset, int length, out Span<byte> span)
    {
        span = default;
        return false;
    }

    /// <summary>
    /// Gives back one <see cref="PinnedRange"/> of this source. Called once for each successful
    /// <see cref="ClientMemory.Pin"/>, when no translation can reach the range any more.
    /// </summary>
    public virtual void Release(in PinnedRange range)
    {
    }
}
