using Iced.Intel;

namespace Viaduct.Supervisor.X86;

/// <summary>Integer arithmetic with one operand in memory. Read-modify-write is one device read and one device write.</summary>
internal static class ArithmeticOperations
{
    /// <summary>ADD, ADC, SUB, SBB, AND, OR, XOR in both directions.</summary>
    public static EmulationOutcome Binary(ref Trap trap)
    {
        EmulationOutcome outcome = ReadBoth(ref trap, out ulong left, out ulong right);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        ulong flags = trap.Registers.EFlags;
        ulong carry = flags & EFlags.Carry;
        int width = trap.Width;
        ulong result = trap.Code.Instruction.Mnemonic switch
        {
            Mnemonic.Add => IntegerAlu.Add(left, right, 0, width, ref flags),
            Mnemonic.Adc => IntegerAlu.Add(left, right, carry, width, ref flags),
            Mnemonic.Sub => IntegerAlu.Subtract(left, right, 0, width, ref flags),
            Mnemonic.Sbb => IntegerAlu.Subtract(left, right, carry, width, ref flags),
            Mnemonic.And => IntegerAlu.Logic(left & right, width, ref flags),
            Mnemonic.Or => IntegerAlu.Logic(left | right, width, ref flags),
            _ => IntegerAlu.Logic(left ^ right, width, ref flags),
        };
        return Finish(ref trap, result, flags);
    }

    /// <summary>CMP and TEST.</summary>
    public static EmulationOutcome Compare(ref Trap trap)
    {
        EmulationOutcome outcome = ReadBoth(ref trap, out ulong left, out ulong right);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        if (trap.Code.Instruction.Mnemonic == Mnemonic.Cmp)
        {
            IntegerAlu.Subtract(left, right, 0, trap.Width, ref trap.Registers.EFlags);
        }
        else
        {
            IntegerAlu.Logic(left & right, trap.Width, ref trap.Registers.EFlags);
        }

        return EmulationOutcome.Completed;
    }

    /// <summary>INC, DEC, NOT, NEG.</summary>
    public static EmulationOutcome Unary(ref Trap trap)
    {
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        ulong flags = trap.Registers.EFlags;
        ulong result = trap.Code.Instruction.Mnemonic switch
        {
            Mnemonic.Inc => IntegerAlu.Increment(value, trap.Width, ref flags),
            Mnemonic.Dec => IntegerAlu.Decrement(value, trap.Width, ref flags),
            Mnemonic.Neg => IntegerAlu.Subtract(0, value, 0, trap.Width, ref flags),
            _ => Bits.Truncate(~value, trap.Width),
        };
        return Finish(ref trap, result, flags);
    }

    public static EmulationOutcome ExchangeAdd(ref Trap trap)
    {
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        ulong flags = trap.Registers.EFlags;
        ulong sum = IntegerAlu.Add(value, trap.Register(1), 0, trap.Width, ref flags);
        outcome = Finish(ref trap, sum, flags);
        if (outcome == EmulationOutcome.Completed)
        {
            trap.SetRegister(1, value);
        }

        return outcome;
    }

    /// <summary>ADCX and ADOX: an addition whose carry is CF or OF alone.</summary>
    public static EmulationOutcome CarryChain(ref Trap trap)
    {
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        ulong flag = trap.Code.Instruction.Mnemonic == Mnemonic.Adcx ? EFlags.Carry : EFlags.Overflow;
        UInt128 sum = (UInt128)value + trap.Register(0) + (trap.Flag(flag) ? 1u : 0u);
        trap.SetRegister(0, (ulong)sum);
        trap.Registers.EFlags = EFlags.With(trap.Registers.EFlags, flag, sum >> (trap.Width * 8) != 0);
        return EmulationOutcome.Completed;
    }

    private static EmulationOutcome ReadBoth(ref Trap trap, out ulong left, out ulong right)
    {
        right = 0;
        EmulationOutcome outcome = trap.ReadOperand(0, trap.Width, out left);
        return outcome == EmulationOutcome.Completed ? trap.ReadOperand(1, trap.Width, out right) : outcome;
    }

    private static EmulationOutcome Finish(ref Trap trap, ulong result, ulong flags)
    {
        EmulationOutcome outcome = trap.WriteOperand(0, trap.Width, result);
        if (outcome == EmulationOutcome.Completed)
        {
            trap.Registers.EFlags = flags;
        }

        return outcome;
    }
}
