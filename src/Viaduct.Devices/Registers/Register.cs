namespace Viaduct.Devices.Registers;

/// <summary>A register of a block. Its value belongs to the block; the function's gate protects it.</summary>
public sealed class Register
{
    private readonly ulong[] _values;
    private readonly int _slot;
    private readonly ulong _writable;
    private readonly ulong _clearable;
    private readonly ulong _readable;
    private RegisterReadHandler? _read;
    private RegisterWriteHandler? _written;

    internal Register(RegisterSpec spec, int index, ulong[] values, int slot)
    {
        Spec = spec;
        Index = index;
        Offset = spec.Offset + ((ulong)index * spec.Stride);
        _values = values;
        _slot = slot;
        _writable = spec.MaskOf(FieldAccess.ReadWrite);
        _clearable = spec.MaskOf(FieldAccess.WriteOneToClear);
        _readable = spec.Mask & ~spec.MaskOf(FieldAccess.WriteOnly);
        Value = spec.Reset;
    }

    /// <summary>Its declaration.</summary>
    public RegisterSpec Spec { get; }

    /// <summary>Which of an array; zero elsewhere.</summary>
    public int Index { get; }

    /// <summary>Bytes from the start of the block.</summary>
    public ulong Offset { get; }

    /// <summary>What is stored, all bits; the model may set any of them.</summary>
    public ulong Value
    {
        get => _values[_slot];
        set => _values[_slot] = value & Spec.Mask;
    }

    /// <summary>Has a handler answer loads.</summary>
    public Register OnRead(RegisterReadHandler handler)
    {
        _read = handler;
        return this;
    }

    /// <summary>Has a handler hear of stores.</summary>
    public Register OnWrite(RegisterWriteHandler handler)
    {
        _written = handler;
        return this;
    }

    /// <summary>Software's load of some bits.</summary>
    internal ulong Read(ulong mask)
    {
        var value = _read is null ? Value & _readable : _read(new RegisterRead(Index, mask, Value));
        return value & mask;
    }

    /// <summary>Software's store to some bits.</summary>
    internal void Write(ulong mask, ulong written)
    {
        var old = Value;
        var writable = _writable & mask;
        Value = ((old & ~writable) | (written & writable)) & ~(written & _clearable & mask);
        _written?.Invoke(new RegisterWrite(Index, mask, written & mask, old, Value));
    }
}
