using System.Buffers.Binary;

namespace Viaduct.Supervisor.X86;

/// <summary>
/// The ordinary memory's side of REP MOVS, in blocks: one element at a time would cost a system call each. Device accesses
/// stay one an element. Reads run ahead within a page. Writes lag behind within a page that a write has just reached, so
/// that a device is not read for data which has nowhere to go; when such a page vanishes meanwhile, the registers go back to
/// the first element that was not stored.
/// </summary>
internal struct StringBuffer
{
    private const ulong PageMask = 0xfff;

    private readonly byte[] _bytes;
    private readonly StringShape _shape;
    private ulong _address;
    private int _length;
    private bool _writing;
    private ulong _provenPage = ulong.MaxValue;

    public StringBuffer(byte[] bytes, in StringShape shape)
    {
        _bytes = bytes;
        _shape = shape;
    }

    public EmulationOutcome Read(ref Trap trap, ulong address, out ulong value)
    {
        int width = _shape.Width;
        if (trap.TouchesDevice(address, width))
        {
            return trap.Read(address, width, out value);
        }

        value = 0;
        EmulationOutcome outcome = Flush(ref trap);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        if (address - _address >= (ulong)_length && !TryReadAhead(ref trap, address))
        {
            return trap.Read(address, width, out value);
        }

        Span<byte> element = stackalloc byte[8];
        element.Clear();
        _bytes.AsSpan((int)(address - _address), width).CopyTo(element);
        value = BinaryPrimitives.ReadUInt64LittleEndian(element);
        return EmulationOutcome.Completed;
    }

    public EmulationOutcome Write(ref Trap trap, ulong address, ulong value)
    {
        int width = _shape.Width;
        if (trap.TouchesDevice(address, width))
        {
            return trap.Write(address, width, value);
        }

        ulong page = address & ~PageMask;
        bool sameBlock = _writing && address == _address + (ulong)_length && _length + width <= _bytes.Length;
        if (sameBlock && page == _provenPage && ((address + (ulong)width - 1) & ~PageMask) == page)
        {
            Span<byte> element = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(element, value);
            element[..width].CopyTo(_bytes.AsSpan(_length));
            _length += width;
            return EmulationOutcome.Completed;
        }

        EmulationOutcome outcome = Flush(ref trap);
        if (outcome == EmulationOutcome.Completed)
        {
            outcome = trap.Write(address, width, value);
        }

        _provenPage = outcome == EmulationOutcome.Completed && !_shape.Backward && _shape.Repeats ? page : ulong.MaxValue;
        _address = address + (ulong)width;
        _length = 0;
        _writing = true;
        return outcome;
    }

    /// <summary>Stores what is still to be written, or takes the registers back to where it begins.</summary>
    public EmulationOutcome Flush(ref Trap trap)
    {
        if (!_writing)
        {
            return EmulationOutcome.Completed;
        }

        _writing = false;
        int length = _length;
        _length = 0;
        if (length == 0 || trap.WriteMemory(_address, _bytes.AsSpan(0, length)))
        {
            return EmulationOutcome.Completed;
        }

        _shape.Advance(ref trap, -(length / _shape.Width));
        return trap.Fail(EmulationOutcome.MemoryFault, _address);
    }

    private bool TryReadAhead(ref Trap trap, ulong address)
    {
        _length = 0;
        if (!_shape.Repeats || _shape.Backward)
        {
            return false;
        }

        ulong width = (ulong)_shape.Width;
        ulong elements = RegisterFile.Read(ref trap.Registers, _shape.Count);
        ulong inPage = (PageMask + 1 - (address & PageMask)) / width;
        int length = (int)(Math.Min(Math.Min(elements, inPage), (ulong)_bytes.Length / width) * width);
        if (length == 0 || trap.TouchesDevice(address, length) || !trap.ReadMemory(address, _bytes.AsSpan(0, length)))
        {
            return false;
        }

        _address = address;
        _length = length;
        return true;
    }
}
