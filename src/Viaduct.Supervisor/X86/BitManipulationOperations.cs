using System.Numerics;
using Iced.Intel;

namespace Viaduct.Supervisor.X86;

/// <summary>Counting, scanning and BMI instructions that read memory and write a register.</summary>
internal static class BitManipulationOperations
{
    /// <summary>POPCNT, LZCNT, TZCNT.</summary>
    public static EmulationOutcome Count(ref Trap trap)
    {
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        int bits = trap.Width * 8;
        ref ulong flags = ref trap.Registers.EFlags;
        ulong result;
        if (trap.Code.Instruction.Mnemonic == Mnemonic.Popcnt)
        {
            result = ulong.PopCount(value);
            flags = EFlags.With(flags & ~EFlags.Status, EFlags.Zero, value == 0);
        }
        else
        {
            result = trap.Code.Instruction.Mnemonic == Mnemonic.Lzcnt
                ? (ulong)(BitOperations.LeadingZeroCount(value) - (64 - bits))
                : (ulong)Math.Min(bits, BitOperations.TrailingZeroCount(value));
            flags = EFlags.With(flags, EFlags.Carry, value == 0);
            flags = EFlags.With(flags, EFlags.Zero, result == 0);
        }

        trap.SetRegister(0, result);
        return EmulationOutcome.Completed;
    }

    /// <summary>BSF and BSR; a source of zero leaves the destination, as processors do beyond what is promised.</summary>
    public static EmulationOutcome Scan(ref Trap trap)
    {
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        if (value != 0)
        {
            trap.SetRegister(0, trap.Code.Instruction.Mnemonic == Mnemonic.Bsf
                ? (ulong)BitOperations.TrailingZeroCount(value)
                : (ulong)BitOperations.Log2(value));
        }

        trap.Registers.EFlags = EFlags.With(trap.Registers.EFlags, EFlags.Zero, value == 0);
        return EmulationOutcome.Completed;
    }

    public static EmulationOutcome Crc32(ref Trap trap)
    {
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        uint seed = (uint)trap.Register(0);
        trap.SetRegister(0, trap.Width switch
        {
            1 => BitOperations.Crc32C(seed, (byte)value),
            2 => BitOperations.Crc32C(seed, (ushort)value),
            4 => BitOperations.Crc32C(seed, (uint)value),
            _ => BitOperations.Crc32C(seed, value),
        });
        return EmulationOutcome.Completed;
    }

    /// <summary>ANDN, BEXTR, BZHI, BLSI, BLSR, BLSMSK.</summary>
    public static EmulationOutcome Manipulate(ref Trap trap)
    {
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        int width = trap.Width;
        ulong flags = trap.Registers.EFlags;
        ulong result;
        switch (trap.Code.Instruction.Mnemonic)
        {
            case Mnemonic.Andn:
                result = IntegerAlu.Logic(Bits.Truncate(~trap.Register(1), width) & value, width, ref flags);
                break;
            case Mnemonic.Bextr:
                result = Extract(value, trap.Register(2));
                flags = EFlags.With(flags & ~(EFlags.Carry | EFlags.Overflow), EFlags.Zero, result == 0);
                break;
            case Mnemonic.Bzhi:
                ulong index = trap.Register(2) & 0xff;
                bool beyond = index >= (ulong)width * 8;
                result = IntegerAlu.Logic(beyond ? value : value & ((1ul << (int)index) - 1), width, ref flags);
                flags = EFlags.With(flags, EFlags.Carry, beyond);
                break;
            default:
                result = LowestBit(trap.Code.Instruction.Mnemonic, value, width, ref flags);
                break;
        }

        trap.SetRegister(0, result);
        trap.Registers.EFlags = flags;
        return EmulationOutcome.Completed;
    }

    private static ulong LowestBit(Mnemonic mnemonic, ulong value, int width, ref ulong flags)
    {
        ulong result = mnemonic switch
        {
            Mnemonic.Blsi => value & (0 - value),
            Mnemonic.Blsr => value & (value - 1),
            _ => value ^ (value - 1),
        };
        result = IntegerAlu.Logic(Bits.Truncate(result, width), width, ref flags);
        flags = EFlags.With(flags, EFlags.Carry, (value == 0) != (mnemonic == Mnemonic.Blsi));
        return result;
    }

    private static ulong Extract(ulong value, ulong control)
    {
        int start = (int)(control & 0xff);
        int length = (int)((control >> 8) & 0xff);
        ulong shifted = start < 64 ? value >> start : 0;
        return length < 64 ? shifted & ((1ul << length) - 1) : shifted;
    }
}
