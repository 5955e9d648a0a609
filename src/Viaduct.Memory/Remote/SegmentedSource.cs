namespace Viaduct.Memory.Remote;

/// <summary>Memory that lies in several sources, one after the other: a mapping across areas of different kinds.</summary>
/// <param name="segments">At least one.</param>
internal sealed class SegmentedSource(IReadOnlyList<SourceSegment> segments) : MemorySource
{
    /// <inheritdoc/>
    public override bool TryRead(ulong offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            if (!TryLocate(offset, destination.Length, out var source, out var at, out var part)
                || !source.TryRead(at, destination[..part]))
            {
                return false;
            }

            destination = destination[part..];
            offset += (ulong)part;
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool TryWrite(ulong offset, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            if (!TryLocate(offset, source.Length, out var target, out var at, out var part)
                || !target.TryWrite(at, source[..part]))
            {
                return false;
            }

            source = source[part..];
            offset += (ulong)part;
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Release(in PinnedRange range)
    {
        foreach (var segment in segments)
        {
            segment.Source.Release(new PinnedRange(segment.Source, segment.Offset, 0));
        }
    }

    private bool TryLocate(ulong offset, int length, out MemorySource source, out ulong at, out int part)
    {
        foreach (var segment in segments)
        {
            if (offset <= segment.LengthMinusOne)
            {
                source = segment.Source;
                at = segment.Offset + offset;
                part = (int)Math.Min((ulong)length - 1, segment.LengthMinusOne - offset) + 1;
                return true;
            }

            offset -= segment.LengthMinusOne + 1;
        }

        (source, at, part) = (this, 0, 0);
        return false;
    }
}
