using System.Buffers.Binary;
using System.Numerics;
using Iced.Intel;

namespace Viaduct.Supervisor.X86;

/// <summary>
/// FILD, FIST and FISTP: 32-bit code moves 64 bits through x87 to make them one access. The last-instruction pointers (FIP, FDP,
/// FOP) are not updated. Where an exception would be raised whose mask bit is clear, the instruction is unsupported.
/// </summary>
internal static class X87Operations
{
    private const int ControlOffset = 0;
    private const int StatusOffset = 2;
    private const int TagOffset = 4;
    private const int StackOffset = 32;
    private const int SlotBytes = 16;

    private const int InvalidOperation = 1 << 0;
    private const int Precision = 1 << 5;
    private const int StackFault = 1 << 6;
    private const int C1 = 1 << 9;
    private const int TopShift = 11;
    private const int ExponentBias = 16383;

    public static EmulationOutcome LoadInteger(ref Trap trap)
    {
        XsaveArea area = new(trap.Vectors.GetImage(), XsaveLayout.Host);
        if (!area.IsValid)
        {
            return EmulationOutcome.Unsupported;
        }

        Span<byte> state = area.UseX87();
        int top = (Top(state) - 1) & 7;
        bool overflow = (state[TagOffset] & (1 << top)) != 0;
        if (overflow && !IsMasked(state, InvalidOperation))
        {
            return EmulationOutcome.Unsupported;
        }

        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong raw);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        state.Slice(StackOffset, 7 * SlotBytes).CopyTo(state[(StackOffset + SlotBytes)..]);
        Span<byte> slot = state.Slice(StackOffset, SlotBytes);
        slot.Clear();
        if (overflow)
        {
            WriteExtended(slot, 0xc000_0000_0000_0000, 0xffff); // the real indefinite QNaN
        }
        else
        {
            WriteInteger(slot, (long)Bits.SignExtend(raw, trap.Width));
        }

        state[TagOffset] |= (byte)(1 << top);
        SetStatus(state, top, overflow ? InvalidOperation | StackFault : 0, overflow);
        trap.Vectors.MarkChanged();
        return EmulationOutcome.Completed;
    }

    public static EmulationOutcome StoreInteger(ref Trap trap)
    {
        XsaveArea area = new(trap.Vectors.GetImage(), XsaveLayout.Host);
        if (!area.IsValid)
        {
            return EmulationOutcome.Unsupported;
        }

        Span<byte> state = area.UseX87();
        int top = Top(state);
        int exceptions = Convert(state, trap.Width, out long value, out bool roundedUp);
        if ((state[TagOffset] & (1 << top)) == 0)
        {
            exceptions = InvalidOperation | StackFault;
            roundedUp = false;
            value = Indefinite(trap.Width);
        }

        if (!IsMasked(state, exceptions & (InvalidOperation | Precision)))
        {
            return EmulationOutcome.Unsupported;
        }

        EmulationOutcome outcome = trap.Write(trap.Address, trap.Width, (ulong)value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        if (trap.Code.Instruction.Mnemonic == Mnemonic.Fistp)
        {
            Pop(state, top);
            top = (top + 1) & 7;
        }

        SetStatus(state, top, exceptions, roundedUp);
        trap.Vectors.MarkChanged();
        return EmulationOutcome.Completed;
    }

    private static int Top(ReadOnlySpan<byte> state) =>
        (BinaryPrimitives.ReadUInt16LittleEndian(state[StatusOffset..]) >> TopShift) & 7;

    private static bool IsMasked(ReadOnlySpan<byte> state, int exceptions) =>
        (exceptions & ~BinaryPrimitives.ReadUInt16LittleEndian(state[ControlOffset..])) == 0;

    private static void SetStatus(Span<byte> state, int top, int exceptions, bool c1)
    {
        int status = BinaryPrimitives.ReadUInt16LittleEndian(state[StatusOffset..]);
        status = (status & ~(C1 | (7 << TopShift))) | (top << TopShift) | exceptions | (c1 ? C1 : 0);
        BinaryPrimitives.WriteUInt16LittleEndian(state[StatusOffset..], (ushort)status);
    }

    /// <summary>The data registers are stored from ST(0) on: a pop rotates them, the emptied one becomes ST(7).</summary>
    private static void Pop(Span<byte> state, int top)
    {
        Span<byte> popped = stackalloc byte[SlotBytes];
        state.Slice(StackOffset, SlotBytes).CopyTo(popped);
        state.Slice(StackOffset + SlotBytes, 7 * SlotBytes).CopyTo(state[StackOffset..]);
        popped.CopyTo(state.Slice(StackOffset + (7 * SlotBytes), SlotBytes));
        state[TagOffset] &= (byte)~(1 << top);
    }

    private static void WriteInteger(Span<byte> slot, long value)
    {
        if (value == 0)
        {
            return;
        }

        ulong magnitude = value < 0 ? 0ul - (ulong)value : (ulong)value;
        int shift = BitOperations.LeadingZeroCount(magnitude);
        int exponent = ExponentBias + 63 - shift;
        WriteExtended(slot, magnitude << shift, exponent | (value < 0 ? 0x8000 : 0));
    }

    private static void WriteExtended(Span<byte> slot, ulong significand, int signAndExponent)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(slot, significand);
        BinaryPrimitives.WriteUInt16LittleEndian(slot[8..], (ushort)signAndExponent);
    }

    /// <summary>Rounds ST(0) to an integer by the control word's mode; returns the exceptions.</summary>
    private static int Convert(ReadOnlySpan<byte> state, int width, out long value, out bool roundedUp)
    {
        ReadOnlySpan<byte> slot = state.Slice(StackOffset, SlotBytes);
        ulong significand = BinaryPrimitives.ReadUInt64LittleEndian(slot);
        int signAndExponent = BinaryPrimitives.ReadUInt16LittleEndian(slot[8..]);
        bool negative = (signAndExponent & 0x8000) != 0;
        int biased = signAndExponent & 0x7fff;
        roundedUp = false;
        value = Indefinite(width);

        // unnormals are invalid operands; NaN, infinity and everything from 2^64 on do not fit
        int shift = ExponentBias + 63 - biased;
        if (shift < 0 || (biased != 0 && significand >> 63 == 0))
        {
            return InvalidOperation;
        }

        int mode = (BinaryPrimitives.ReadUInt16LittleEndian(state[ControlOffset..]) >> 10) & 3;
        UInt128 magnitude = Round(significand, Math.Min(shift, 127), mode, negative, out bool inexact, out roundedUp);
        UInt128 limit = (UInt128)1 << ((width * 8) - 1);
        if (magnitude > limit || (magnitude == limit && !negative))
        {
            roundedUp = false;
            return InvalidOperation;
        }

        value = negative ? (long)(0ul - (ulong)magnitude) : (long)(ulong)magnitude;
        return inexact ? Precision : 0;
    }

    /// <summary>Modes: 0 nearest even, 1 down, 2 up, 3 towards zero. The magnitude is scaled by 2^-shift.</summary>
    private static UInt128 Round(ulong significand, int shift, int mode, bool negative, out bool inexact, out bool up)
    {
        UInt128 whole = (UInt128)significand >> shift;
        UInt128 rest = significand - (whole << shift);
        UInt128 half = shift == 0 ? 0 : (UInt128)1 << (shift - 1);
        inexact = rest != 0;
        up = inexact && mode switch
        {
            0 => rest > half || (rest == half && (whole & 1) != 0),
            1 => negative,
            2 => !negative,
            _ => false,
        };
        return up ? whole + 1 : whole;
    }

    private static long Indefinite(int width) => long.MinValue >> (64 - (width * 8));
}
