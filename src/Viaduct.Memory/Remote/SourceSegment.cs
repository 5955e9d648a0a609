namespace Viaduct.Memory.Remote;

/// <summary>A part of a pinned range that lies in one source.</summary>
/// <param name="Source">The source.</param>
/// <param name="Offset">The first byte's place in it.</param>
/// <param name="LengthMinusOne">Bytes, less one.</param>
internal record struct SourceSegment(MemorySource Source, ulong Offset, ulong LengthMinusOne)
{
    /// <summary>Takes the next segment in where it simply goes on.</summary>
    public bool TryExtend(in SourceSegment next)
    {
        if (!ReferenceEquals(Source, next.Source) || Offset + LengthMinusOne + 1 != next.Offset)
        {
            return false;
        }

        LengthMinusOne += next.LengthMinusOne + 1;
        return true;
    }
}
