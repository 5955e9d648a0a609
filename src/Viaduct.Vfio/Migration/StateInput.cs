using System.Diagnostics.CodeAnalysis;
using Viaduct.Memory;

namespace Viaduct.Vfio.Migration;

/// <summary>States on their way in, cut as whoever carries them likes. What they take is what has come, whatever they say.</summary>
internal sealed class StateInput
{
    private const int FirstCapacity = 4096;

    private readonly byte[] _record = new byte[StateRecord.Size];
    private byte[] _state = [];
    private int _recordLength;
    private uint _left;
    private uint _received;
    private uint _total;

    /// <summary>Nothing has begun that has not ended.</summary>
    public bool IsAtEnd => _recordLength == 0 && _left == 0 && _received == _total;

    /// <summary>Why it is not.</summary>
    public string Missing => $"The state ends after {_received} of {_total} bytes.";

    /// <summary>Takes bytes, up to the end of a state.</summary>
    /// <param name="bytes">What is left of them follows.</param>
    /// <param name="state">A state that is complete; good until the next bytes.</param>
    /// <param name="error">Why these bytes cannot be; a sentence.</param>
    /// <returns>False where all bytes were taken, or cannot be.</returns>
    public bool TryTake(ref ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out ReadOnlyMemory<byte>? state, out string? error)
    {
        (state, error) = (null, null);
        while (!bytes.IsEmpty)
        {
            if (_left == 0 && (!TryTakeRecord(ref bytes, out error) || _left == 0))
            {
                return false;
            }

            var length = (int)Math.Min(_left, (uint)bytes.Length);
            Append(bytes[..length]);
            bytes = bytes[length..];
            _left -= (uint)length;
            if (_left == 0 && _received == _total)
            {
                state = _state.AsMemory(0, (int)_total);
                return true;
            }
        }

        return false;
    }

    /// <returns>False where it cannot be. Where it is not complete nothing is left of the bytes.</returns>
    private bool TryTakeRecord(ref ReadOnlySpan<byte> bytes, out string? error)
    {
        error = null;
        var length = Math.Min(StateRecord.Size - _recordLength, bytes.Length);
        bytes[..length].CopyTo(_record.AsSpan(_recordLength));
        bytes = bytes[length..];
        _recordLength += length;
        if (_recordLength < StateRecord.Size)
        {
            return true;
        }

        _recordLength = 0;
        var record = StructBytes.Read<StateRecord>(_record);
        if (record.Mark != StateRecord.TheMark)
        {
            error = "This is no device state of this program's, or of another version.";
        }
        else if (record.Total is 0 or > StateRecord.MostBytes || record.Offset >= record.Total || record.Length == 0
            || record.Length > record.Total - record.Offset
            || (record.Offset != 0 && (record.Offset != _received || record.Total != _total)))
        {
            error = $"{record.Length} bytes at {record.Offset} of {record.Total} do not continue a state of which {_received} of {_total} have come.";
        }

        if (error is not null)
        {
            return false;
        }

        (_received, _total, _left) = (record.Offset, record.Total, record.Length);
        return true;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        var needed = (int)_received + bytes.Length;
        if (_state.Length < needed)
        {
            Array.Resize(ref _state, Math.Max(needed, Math.Min((int)_total, Math.Max(FirstCapacity, _state.Length * 2))));
        }

        bytes.CopyTo(_state.AsSpan((int)_received));
        _received += (uint)bytes.Length;
    }
}
