using Iced.Intel;

namespace Viaduct.Supervisor.X86;

/// <summary>Multiplication and division with a factor or divisor in memory.</summary>
internal static class MultiplyOperations
{
    /// <summary>IMUL with two or three operands.</summary>
    public static EmulationOutcome Truncating(ref Trap trap)
    {
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        ref readonly Instruction instruction = ref trap.Code.Instruction;
        ulong factor = instruction.OpCount == 3 ? instruction.GetImmediate(2) : trap.Register(0);
        trap.SetRegister(0, IntegerAlu.MultiplySigned(value, factor, trap.Width, out _, ref trap.Registers.EFlags));
        return EmulationOutcome.Completed;
    }

    /// <summary>MUL and IMUL with one operand: the product is in AX or DX:AX, EDX:EAX, RDX:RAX.</summary>
    public static EmulationOutcome Wide(ref Trap trap)
    {
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        ulong factor = Bits.Truncate(trap.Registers.Rax, trap.Width);
        ref ulong flags = ref trap.Registers.EFlags;
        ulong low = trap.Code.Instruction.Mnemonic == Mnemonic.Mul
            ? IntegerAlu.MultiplyUnsigned(value, factor, trap.Width, out ulong high, ref flags)
            : IntegerAlu.MultiplySigned(value, factor, trap.Width, out high, ref flags);
        SetPair(ref trap, low, high);
        return EmulationOutcome.Completed;
    }

    /// <summary>MULX: RDX times memory, no flags. Where both destinations are one register, the high half stays.</summary>
    public static EmulationOutcome Flagless(ref Trap trap)
    {
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        ulong unused = 0;
        ulong factor = Bits.Truncate(trap.Registers.Rdx, trap.Width);
        ulong low = IntegerAlu.MultiplyUnsigned(value, factor, trap.Width, out ulong high, ref unused);
        trap.SetRegister(1, low);
        trap.SetRegister(0, high);
        return EmulationOutcome.Completed;
    }

    /// <summary>DIV and IDIV; all flags are undefined after them.</summary>
    public static EmulationOutcome Divide(ref Trap trap)
    {
        int width = trap.Width;
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong divisor);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        ulong high = width == 1 ? (trap.Registers.Rax >> 8) & 0xff : Bits.Truncate(trap.Registers.Rdx, width);
        UInt128 dividend = ((UInt128)high << (width * 8)) | Bits.Truncate(trap.Registers.Rax, width);
        bool fits = trap.Code.Instruction.Mnemonic == Mnemonic.Div
            ? TryDivide(dividend, divisor, width, out ulong quotient, out ulong remainder)
            : TryDivideSigned(dividend, divisor, width, out quotient, out remainder);
        if (!fits)
        {
            return trap.Fail(EmulationOutcome.DivideError, trap.Address);
        }

        SetPair(ref trap, quotient, remainder);
        return EmulationOutcome.Completed;
    }

    private static bool TryDivide(UInt128 dividend, ulong divisor, int width, out ulong quotient, out ulong remainder)
    {
        quotient = remainder = 0;
        if (divisor == 0 || dividend / divisor > Bits.Mask(width))
        {
            return false;
        }

        quotient = (ulong)(dividend / divisor);
        remainder = (ulong)(dividend % divisor);
        return true;
    }

    private static bool TryDivideSigned(UInt128 raw, ulong rawDivisor, int width, out ulong quotient, out ulong remainder)
    {
        quotient = remainder = 0;
        int unused = 128 - (width * 16);
        Int128 dividend = (Int128)(raw << unused) >> unused;
        Int128 divisor = (long)Bits.SignExtend(rawDivisor, width);

        // the one quotient that Int128 itself cannot hold
        if (divisor == 0 || (divisor == -1 && dividend == Int128.MinValue))
        {
            return false;
        }

        Int128 result = dividend / divisor;
        quotient = Bits.Truncate((ulong)(UInt128)result, width);
        remainder = Bits.Truncate((ulong)(UInt128)(dividend % divisor), width);
        return (Int128)(long)Bits.SignExtend(quotient, width) == result;
    }

    private static void SetPair(ref Trap trap, ulong low, ulong high)
    {
        (Register first, Register second) = trap.Width switch
        {
            1 => (Register.AL, Register.AH),
            2 => (Register.AX, Register.DX),
            4 => (Register.EAX, Register.EDX),
            _ => (Register.RAX, Register.RDX),
        };
        RegisterFile.Write(ref trap.Registers, first, low);
        RegisterFile.Write(ref trap.Registers, second, high);
    }
}
