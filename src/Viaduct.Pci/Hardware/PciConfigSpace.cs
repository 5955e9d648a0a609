namespace Viaduct.Pci.Hardware;

/// <summary>
/// The registers of a function's configuration space: for each bit its value, what a reset makes of it, and whether
/// software can write it, or clear it by writing one. What is not declared reads zero and ignores writes. The
/// function's gate protects it.
/// </summary>
public sealed class PciConfigSpace
{
    private readonly byte[] _value = new byte[PCI_CFG_SPACE_EXP_SIZE];
    private readonly byte[] _reset = new byte[PCI_CFG_SPACE_EXP_SIZE];
    private readonly byte[] _writable = new byte[PCI_CFG_SPACE_EXP_SIZE];
    private readonly byte[] _clearable = new byte[PCI_CFG_SPACE_EXP_SIZE];
    private readonly bool[] _sticky = new bool[PCI_CFG_SPACE_EXP_SIZE];

    internal PciConfigSpace()
    {
    }

    /// <summary>256 bytes, or 4096 of a PCI Express function.</summary>
    public int Size { get; internal set; } = PCI_CFG_SPACE_SIZE;

    /// <summary>Declares a register, which takes its reset value.</summary>
    /// <param name="offset">Bytes from the start of configuration space.</param>
    /// <param name="width">1, 2 or 4 bytes.</param>
    /// <param name="reset">The value after a reset.</param>
    /// <param name="writable">Bits that software can write.</param>
    /// <param name="clearable">Bits that software clears by writing one (RW1C).</param>
    public void Declare(int offset, int width, uint reset, uint writable = 0, uint clearable = 0)
    {
        for (var i = 0; i < width; i++)
        {
            _value[offset + i] = _reset[offset + i] = (byte)(reset >> (8 * i));
            _writable[offset + i] = (byte)(writable >> (8 * i));
            _clearable[offset + i] = (byte)(clearable >> (8 * i));
        }
    }

    /// <summary>Declares bytes that are plain memory and keep their value over every reset but power on.</summary>
    /// <param name="offset">Bytes from the start of configuration space.</param>
    /// <param name="length">Bytes.</param>
    public void DeclareScratch(int offset, int length)
    {
        _writable.AsSpan(offset, length).Fill(0xff);
        _sticky.AsSpan(offset, length).Fill(true);
    }

    /// <summary>Gives bytes that are declared, or read-only, other values, now and after a reset; what software can write of
    /// them stays.</summary>
    /// <param name="offset">Bytes from the start of configuration space.</param>
    /// <param name="reset">The values.</param>
    public void Load(int offset, ReadOnlySpan<byte> reset)
    {
        reset.CopyTo(_value.AsSpan(offset));
        reset.CopyTo(_reset.AsSpan(offset));
    }

    /// <summary>Says exactly which bits of a byte software can write, whatever was declared; those that it clears by writing one stay
    /// such.</summary>
    /// <param name="offset">Bytes from the start of configuration space.</param>
    /// <param name="writable">The bits.</param>
    public void SetWritable(int offset, byte writable) => _writable[offset] = (byte)(writable & ~_clearable[offset]);

    /// <summary>Says that bytes keep their value over every reset but power on (PCIe: sticky).</summary>
    /// <param name="offset">Bytes from the start of configuration space.</param>
    /// <param name="length">Bytes.</param>
    public void Keep(int offset, int length) => _sticky.AsSpan(offset, length).Fill(true);

    /// <summary>A read; bytes outside are all ones.</summary>
    /// <param name="offset">Bytes from the start; need not be aligned.</param>
    /// <param name="width">1 to 4 bytes.</param>
    public uint Read(int offset, int width)
    {
        var value = 0u;
        for (var i = 0; i < width; i++)
        {
            var at = offset + i;
            value |= (uint)((uint)at < (uint)Size ? _value[at] : 0xff) << (8 * i);
        }

        return value;
    }

    /// <summary>Sets a register from inside the chip, whatever software may write of it.</summary>
    public void Set(int offset, int width, uint value)
    {
        for (var i = 0; i < width; i++)
        {
            _value[offset + i] = (byte)(value >> (8 * i));
        }
    }

    /// <summary>Sets or clears bits of a register from inside the chip.</summary>
    public void SetBits(int offset, int width, uint bits, bool on)
    {
        var value = Read(offset, width);
        Set(offset, width, on ? value | bits : value & ~bits);
    }

    /// <summary>Software's write, as far as the bits allow it; bytes outside are dropped.</summary>
    internal void Write(int offset, int width, uint value)
    {
        for (var i = 0; i < width; i++)
        {
            var at = offset + i;
            if ((uint)at < (uint)Size)
            {
                var written = (byte)(value >> (8 * i));
                var old = (byte)(_value[at] & ~(_clearable[at] & written));
                _value[at] = (byte)((old & ~_writable[at]) | (written & _writable[at]));
            }
        }
    }

    internal void Save(StateWriter state)
    {
        state.Write((uint)Size);
        state.Write(_value.AsSpan(0, Size));
    }

    /// <summary>Takes over the bits that software can write or clear; the others are what the chip says.</summary>
    internal void Load(ref StateReader state)
    {
        if (state.ReadUInt32() != Size || state.ReadBytes(Size) is not { IsEmpty: false } saved)
        {
            state.Refuse();
            return;
        }

        for (var at = 0; at < Size; at++)
        {
            var mask = _writable[at] | _clearable[at];
            _value[at] = (byte)((_value[at] & ~mask) | (saved[at] & mask));
        }
    }

    internal void Reset()
    {
        for (var at = 0; at < Size; at++)
        {
            if (!_sticky[at])
            {
                _value[at] = _reset[at];
            }
        }
    }
}
