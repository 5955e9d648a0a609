using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Registers;

/// <summary>
/// Registers behind a BAR, made from their declarations. An access costs the same however many there are, and allocates
/// nothing. The function's gate protects the block.
/// </summary>
public sealed class RegisterBlock : IRegisterSpace
{
    private readonly RegisterBlockRules _rules;
    private readonly Register[] _registers;
    private readonly ulong[] _values;

    // For each byte the register that has it, from 1; 0 where there is none.
    private readonly ushort[] _at;

    /// <summary>A block with all registers at their reset values.</summary>
    /// <param name="specs">What it holds, in any order.</param>
    /// <param name="rules">How it treats accesses that are not exactly one register.</param>
    /// <exception cref="ArgumentException">A declaration contradicts itself or another.</exception>
    public RegisterBlock(IReadOnlyList<RegisterSpec> specs, RegisterBlockRules? rules = null)
    {
        Specs = specs;
        _rules = rules ?? RegisterBlockRules.Default;
        var count = 0;
        var end = 0UL;
        foreach (var spec in specs)
        {
            spec.Check();
            count += spec.Count;
            end = Math.Max(end, spec.Offset + ((ulong)(spec.Count - 1) * spec.Stride) + (ulong)spec.Bytes);
        }

        if (count >= ushort.MaxValue || end > 1 << 24)
        {
            throw new ArgumentException("Too many registers, or too far apart.", nameof(specs));
        }

        _registers = new Register[count];
        _values = new ulong[count];
        _at = new ushort[end];
        var slot = 0;
        foreach (var spec in specs)
        {
            for (var i = 0; i < spec.Count; i++, slot++)
            {
                Place(new Register(spec, i, _values, slot), slot);
            }
        }
    }

    /// <summary>The declarations, for tables.</summary>
    public IReadOnlyList<RegisterSpec> Specs { get; }

    /// <summary>Hears of accesses that no register answers; null while nobody listens.</summary>
    public IRegisterObserver? Observer { get; set; }

    /// <summary>Values that <see cref="Save"/> writes and <see cref="Load"/> reads.</summary>
    public int StateLength => _values.Length;

    /// <summary>The register of a declaration of this block.</summary>
    /// <param name="spec">Its declaration.</param>
    /// <param name="index">Which of an array.</param>
    /// <exception cref="ArgumentException">The block has no such register.</exception>
    public Register this[RegisterSpec spec, int index = 0]
    {
        get
        {
            foreach (var register in _registers)
            {
                if (ReferenceEquals(register.Spec, spec) && register.Index == index)
                {
                    return register;
                }
            }

            throw new ArgumentException($"The block has no {spec.Name}[{index}].", nameof(spec));
        }
    }

    /// <inheritdoc/>
    public ulong Read(ulong offset, int width)
    {
        if (width < _rules.MinimumWidth)
        {
            return Unanswered(offset, width, isWrite: false, 0);
        }

        if (Find(offset) is { } register && Accepts(register, offset, width))
        {
            var shift = (int)(8 * (offset - register.Offset));
            return register.Read(MaskOf(width) << shift) >> shift;
        }

        return _rules.ExactOffset
            ? Unanswered(offset, width, isWrite: false, _rules.UnknownValue & MaskOf(width))
            : ReadParts(offset, width);
    }

    /// <inheritdoc/>
    public void Write(ulong offset, int width, ulong value)
    {
        if (width < _rules.MinimumWidth)
        {
            Unanswered(offset, width, isWrite: true, value);
        }
        else if (Find(offset) is { } register && Accepts(register, offset, width))
        {
            var shift = (int)(8 * (offset - register.Offset));
            var mask = _rules.NarrowWriteExtends ? register.Spec.Mask : MaskOf(width) << shift;
            register.Write(mask, value << shift);
        }
        else if (_rules.ExactOffset)
        {
            Unanswered(offset, width, isWrite: true, value);
        }
        else
        {
            WriteParts(offset, width, value);
        }
    }

    /// <summary>Brings every register to its reset value; no handler hears of it.</summary>
    public void Reset()
    {
        foreach (var register in _registers)
        {
            register.Value = register.Spec.Reset;
        }
    }

    /// <summary>Copies the values out, in an order that only the declarations decide.</summary>
    /// <param name="state">At least <see cref="StateLength"/> values.</param>
    public void Save(Span<ulong> state) => _values.CopyTo(state);

    /// <summary>Takes values that <see cref="Save"/> wrote; bits that a register does not have are dropped.</summary>
    /// <param name="state">At least <see cref="StateLength"/> values.</param>
    public void Load(ReadOnlySpan<ulong> state)
    {
        for (var i = 0; i < _registers.Length; i++)
        {
            _registers[i].Value = state[i];
        }
    }

    private static ulong MaskOf(int width) => ulong.MaxValue >> (64 - (8 * width));

    private void Place(Register register, int slot)
    {
        _registers[slot] = register;
        var bytes = _at.AsSpan((int)register.Offset, register.Spec.Bytes);
        if (bytes.ContainsAnyExcept((ushort)0))
        {
            throw new ArgumentException($"{register.Spec.Name} is where another register is.");
        }

        bytes.Fill((ushort)(slot + 1));
    }

    private Register? Find(ulong offset)
    {
        if (offset >= (ulong)_at.Length)
        {
            return null;
        }

        var slot = _at[offset];
        return slot == 0 ? null : _registers[slot - 1];
    }

    /// <summary>The access lies in the register, and the register answers its width.</summary>
    private bool Accepts(Register register, ulong offset, int width)
        => offset + (ulong)width <= register.Offset + (ulong)register.Spec.Bytes
            && ((int)register.Spec.Widths & width) != 0
            && !(_rules.ExactOffset && offset != register.Offset);

    /// <summary>A load of several registers, or of one and what is beside it. A register that does not answer the width
    /// reads as if it were not there.</summary>
    private ulong ReadParts(ulong offset, int width)
    {
        var value = 0UL;
        var answered = false;
        for (var done = 0; done < width;)
        {
            var part = Part(offset, done, width, out var register);
            if (register is not null)
            {
                var shift = (int)(8 * (offset + (ulong)done - register.Offset));
                value |= (register.Read(MaskOf(part) << shift) >> shift) << (8 * done);
                answered = true;
            }
            else
            {
                value |= (_rules.UnknownValue & MaskOf(part)) << (8 * done);
            }

            done += part;
        }

        return answered ? value : Unanswered(offset, width, isWrite: false, value);
    }

    private void WriteParts(ulong offset, int width, ulong value)
    {
        var answered = false;
        for (var done = 0; done < width;)
        {
            var part = Part(offset, done, width, out var register);
            if (register is not null)
            {
                var shift = (int)(8 * (offset + (ulong)done - register.Offset));
                register.Write(MaskOf(part) << shift, ((value >> (8 * done)) & MaskOf(part)) << shift);
                answered = true;
            }

            done += part;
        }

        if (!answered)
        {
            Unanswered(offset, width, isWrite: true, value);
        }
    }

    /// <summary>How many bytes, from some into an access, one register or none has. A register inside a wider access answers where
    /// it answers its own width.</summary>
    private int Part(ulong offset, int done, int width, out Register? register)
    {
        register = Find(offset + (ulong)done);
        if (register is null)
        {
            return 1;
        }

        var left = (int)(register.Offset + (ulong)register.Spec.Bytes - offset - (ulong)done);
        var part = Math.Min(left, width - done);
        if (((int)register.Spec.Widths & Math.Min(width, register.Spec.Bytes)) == 0)
        {
            register = null;
        }

        return part;
    }

    private ulong Unanswered(ulong offset, int width, bool isWrite, ulong value)
    {
        Observer?.Unanswered(new RegisterAccess(offset, width, isWrite, value));
        return value;
    }
}
