using Iced.Intel;
using Viaduct.Linux;

namespace Viaduct.Supervisor.X86;

/// <summary>
/// CMPXCHG, CMPXCHG8B and CMPXCHG16B. As on the bus, the destination is written whatever the comparison says: with its old
/// value where it differs (Intel SDM volume 2, CMPXCHG).
/// </summary>
internal static class CompareExchangeOperations
{
    public static EmulationOutcome Single(ref Trap trap)
    {
        int width = trap.Width;
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        ulong flags = trap.Registers.EFlags;
        ulong expected = Bits.Truncate(trap.Registers.Rax, width);
        IntegerAlu.Subtract(expected, value, 0, width, ref flags);
        outcome = trap.Write(trap.Address, width, expected == value ? trap.Register(1) : value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        if (expected != value)
        {
            RegisterFile.Write(ref trap.Registers, Accumulator(width), value);
        }

        trap.Registers.EFlags = flags;
        return EmulationOutcome.Completed;
    }

    /// <summary>The 8-byte form is one device access each way, the 16-byte form two of 8 bytes, the low half first.</summary>
    public static EmulationOutcome Pair(ref Trap trap)
    {
        bool wide = trap.Width == 16;
        EmulationOutcome outcome = trap.Read(trap.Address, 8, out ulong low);
        ulong high = 0;
        if (outcome == EmulationOutcome.Completed && wide)
        {
            outcome = trap.Read(trap.Address + 8, 8, out high);
        }

        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        bool equal = wide ? Equals16(ref trap.Registers, low, high) : low == Join(trap.Registers.Rax, trap.Registers.Rdx);
        outcome = WriteBack(ref trap, wide, equal, low, high);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        if (!equal)
        {
            trap.Registers.Rax = wide ? low : (uint)low;
            trap.Registers.Rdx = wide ? high : low >> 32;
        }

        trap.Registers.EFlags = EFlags.With(trap.Registers.EFlags, EFlags.Zero, equal);
        return EmulationOutcome.Completed;
    }

    private static EmulationOutcome WriteBack(ref Trap trap, bool wide, bool equal, ulong low, ulong high)
    {
        if (!wide)
        {
            return trap.Write(trap.Address, 8, equal ? Join(trap.Registers.Rbx, trap.Registers.Rcx) : low);
        }

        EmulationOutcome outcome = trap.Write(trap.Address, 8, equal ? trap.Registers.Rbx : low);
        return outcome == EmulationOutcome.Completed
            ? trap.Write(trap.Address + 8, 8, equal ? trap.Registers.Rcx : high)
            : outcome;
    }

    private static bool Equals16(ref UserRegisters registers, ulong low, ulong high) =>
        low == registers.Rax && high == registers.Rdx;

    private static ulong Join(ulong low, ulong high) => (uint)low | (high << 32);

    private static Register Accumulator(int width) => width switch
    {
        1 => Register.AL,
        2 => Register.AX,
        4 => Register.EAX,
        _ => Register.RAX,
    };
}
