using Viaduct.Memory;

namespace Viaduct.Vfio.Migration;

/// <summary>A state on its way out.</summary>
/// <param name="state">Its bytes.</param>
internal sealed class StateOutput(ReadOnlyMemory<byte> state)
{
    private int _done;

    /// <summary>The least that can be read at once: a record and a byte.</summary>
    public const int SmallestRead = StateRecord.Size + 1;

    /// <summary>Bytes that are left, where they are read in one piece.</summary>
    public long Left => _done == state.Length ? 0 : state.Length - _done + StateRecord.Size;

    /// <summary>The next record, as large as there is room.</summary>
    /// <param name="destination">At least <see cref="SmallestRead"/>.</param>
    /// <returns>Bytes: all that there is room for, but for the last ones; zero at the end.</returns>
    public int Read(Span<byte> destination)
    {
        if (_done == state.Length)
        {
            return 0;
        }

        var length = Math.Min(destination.Length - StateRecord.Size, state.Length - _done);
        StructBytes.Write(destination, new StateRecord
        {
            Mark = StateRecord.TheMark,
            Total = (uint)state.Length,
            Offset = (uint)_done,
            Length = (uint)length,
        });
        state.Span.Slice(_done, length).CopyTo(destination[StateRecord.Size..]);
        _done += length;
        return StateRecord.Size + length;
    }
}
