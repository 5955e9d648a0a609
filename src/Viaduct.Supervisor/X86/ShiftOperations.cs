using Iced.Intel;

namespace Viaduct.Supervisor.X86;

/// <summary>Shifts, rotates and single-bit instructions on memory.</summary>
internal static class ShiftOperations
{
    /// <summary>SHL, SHR, SAR, ROL, ROR, RCL, RCR. The write happens even with a count of zero.</summary>
    public static EmulationOutcome Shift(ref Trap trap)
    {
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        trap.ReadOperand(1, 1, out ulong count);
        ulong flags = trap.Registers.EFlags;
        ulong result = ShiftAlu.Apply(trap.Code.Instruction.Mnemonic, value, count, trap.Width, ref flags);
        return Finish(ref trap, result, flags);
    }

    /// <summary>SHLD and SHRD.</summary>
    public static EmulationOutcome DoubleShift(ref Trap trap)
    {
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        trap.ReadOperand(2, 1, out ulong count);
        bool left = trap.Code.Instruction.Mnemonic == Mnemonic.Shld;
        ulong flags = trap.Registers.EFlags;
        ulong result = ShiftAlu.ApplyDouble(left, value, trap.Register(1), count, trap.Width, ref flags);
        return Finish(ref trap, result, flags);
    }

    /// <summary>SHLX, SHRX, SARX, RORX: the result goes to a register, flags stay.</summary>
    public static EmulationOutcome Flagless(ref Trap trap)
    {
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        int width = trap.Width;
        trap.ReadOperand(2, 1, out ulong rawCount);
        int count = ShiftAlu.MaskCount(rawCount, width);
        trap.SetRegister(0, trap.Code.Instruction.Mnemonic switch
        {
            Mnemonic.Shlx => value << count,
            Mnemonic.Shrx => value >> count,
            Mnemonic.Sarx => (ulong)((long)Bits.SignExtend(value, width) >> count),
            _ => ShiftAlu.RotateRight(value, count, width),
        });
        return EmulationOutcome.Completed;
    }

    /// <summary>BT, BTS, BTR, BTC. An offset in a register is signed and reaches beyond the operand.</summary>
    public static EmulationOutcome BitTest(ref Trap trap)
    {
        int width = trap.Width;
        int bits = width * 8;
        trap.ReadOperand(1, width, out ulong offset);
        if (trap.Code.Instruction.Op1Kind == OpKind.Register)
        {
            long element = (long)Bits.SignExtend(offset, width) >> int.Log2(bits);
            trap.Address += (ulong)(element * width);
            if (!trap.TouchesDevice(trap.Address, width))
            {
                return EmulationOutcome.NotDevice;
            }
        }

        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        ulong bit = 1ul << (int)(offset & (ulong)(bits - 1));
        ulong flags = EFlags.With(trap.Registers.EFlags, EFlags.Carry, (value & bit) != 0);
        Mnemonic mnemonic = trap.Code.Instruction.Mnemonic;
        if (mnemonic == Mnemonic.Bt)
        {
            trap.Registers.EFlags = flags;
            return EmulationOutcome.Completed;
        }

        ulong result = mnemonic switch
        {
            Mnemonic.Bts => value | bit,
            Mnemonic.Btr => value & ~bit,
            _ => value ^ bit,
        };
        return Finish(ref trap, result, flags);
    }

    private static EmulationOutcome Finish(ref Trap trap, ulong result, ulong flags)
    {
        EmulationOutcome outcome = trap.Write(trap.Address, trap.Width, result);
        if (outcome == EmulationOutcome.Completed)
        {
            trap.Registers.EFlags = flags;
        }

        return outcome;
    }
}
