using System.Numerics;
using Iced.Intel;

namespace Viaduct.Supervisor.X86;

/// <summary>
/// Shifts and rotates with their flags. A count of zero (after masking) changes no flag; OF is defined for a count of one
/// only (with RCL and RCR, of one turn after full circles) and keeps its value otherwise, as does AF.
/// </summary>
internal static class ShiftAlu
{
    public static ulong Apply(Mnemonic mnemonic, ulong value, ulong rawCount, int width, ref ulong flags)
    {
        int count = MaskCount(rawCount, width);
        if (count == 0)
        {
            return value;
        }

        return mnemonic switch
        {
            Mnemonic.Shr => ShiftRight(value, count, width, ref flags),
            Mnemonic.Sar => ShiftArithmetic(value, count, width, ref flags),
            Mnemonic.Rol => RotateLeft(value, count, width, ref flags),
            Mnemonic.Ror => RotateRight(value, count, width, ref flags),
            Mnemonic.Rcl => RotateCarryLeft(value, count, width, ref flags),
            Mnemonic.Rcr => RotateCarryRight(value, count, width, ref flags),
            _ => ShiftLeft(value, count, width, ref flags),
        };
    }

    /// <summary>SHLD and SHRD. A count above 16 on 16-bit operands is undefined; the pair is rotated then, as Intel does.</summary>
    public static ulong ApplyDouble(
        bool left, ulong value, ulong filler, ulong rawCount, int width, ref ulong flags)
    {
        int count = MaskCount(rawCount, width);
        if (count == 0)
        {
            return value;
        }

        int bits = width * 8;
        UInt128 mask = Bits.Mask(width);
        UInt128 fill = filler;
        ulong result;
        bool carry;
        if (left)
        {
            UInt128 wide = count > bits ? (fill << bits) | value : ((UInt128)value << bits) | fill;
            int shift = count > bits ? count - bits : count;
            result = (ulong)((wide >> (bits - shift)) & mask);
            carry = ((wide >> ((2 * bits) - shift)) & 1) != 0;
        }
        else
        {
            UInt128 wide = count > bits ? ((UInt128)value << bits) | fill : (fill << bits) | value;
            int shift = count > bits ? count - bits : count;
            result = (ulong)((wide >> shift) & mask);
            carry = ((wide >> (shift - 1)) & 1) != 0;
        }

        flags = EFlags.With(flags, EFlags.Carry, carry);
        IntegerAlu.SetResult(result, width, ref flags);
        SetOverflow(count, Bits.Top(result ^ value, width), ref flags);
        return result;
    }

    public static int MaskCount(ulong count, int width) => (int)(count & (width == 8 ? 63u : 31u));

    public static ulong RotateRight(ulong value, int count, int width) => width switch
    {
        8 => BitOperations.RotateRight(value, count),
        4 => BitOperations.RotateRight((uint)value, count),
        2 => ushort.RotateRight((ushort)value, count),
        _ => byte.RotateRight((byte)value, count),
    };

    private static ulong ShiftLeft(ulong value, int count, int width, ref ulong flags)
    {
        ulong result = Bits.Truncate(value << count, width);
        ulong carry = Bits.Top(value << (count - 1), width);
        SetShift(result, carry, Bits.Top(result, width) ^ carry, count, width, ref flags);
        return result;
    }

    private static ulong ShiftRight(ulong value, int count, int width, ref ulong flags)
    {
        ulong result = value >> count;
        SetShift(result, (value >> (count - 1)) & 1, Bits.Top(value, width), count, width, ref flags);
        return result;
    }

    private static ulong ShiftArithmetic(ulong value, int count, int width, ref ulong flags)
    {
        long extended = (long)Bits.SignExtend(value, width);
        ulong result = Bits.Truncate((ulong)(extended >> count), width);
        SetShift(result, (ulong)(extended >> (count - 1)) & 1, 0, count, width, ref flags);
        return result;
    }

    private static ulong RotateLeft(ulong value, int count, int width, ref ulong flags)
    {
        int bits = width * 8;
        ulong result = RotateRight(value, (bits - (count % bits)) % bits, width);
        ulong carry = result & 1;
        SetRotate(carry, Bits.Top(result, width) ^ carry, count, ref flags);
        return result;
    }

    private static ulong RotateRight(ulong value, int count, int width, ref ulong flags)
    {
        ulong result = RotateRight(value, count % (width * 8), width);
        ulong carry = Bits.Top(result, width);
        SetRotate(carry, carry ^ Bits.Top(result << 1, width), count, ref flags);
        return result;
    }

    private static ulong RotateCarryLeft(ulong value, int count, int width, ref ulong flags)
    {
        ulong carry = flags & EFlags.Carry;
        ulong result = value;
        int turns = count % ((width * 8) + 1);
        for (int i = turns; i > 0; i--)
        {
            ulong top = Bits.Top(result, width);
            result = Bits.Truncate((result << 1) | carry, width);
            carry = top;
        }

        SetRotate(carry, Bits.Top(result, width) ^ carry, turns, ref flags);
        return result;
    }

    private static ulong RotateCarryRight(ulong value, int count, int width, ref ulong flags)
    {
        ulong carry = flags & EFlags.Carry;
        ulong result = value;
        int turns = count % ((width * 8) + 1);
        for (int i = turns; i > 0; i--)
        {
            ulong bottom = result & 1;
            result = (result >> 1) | (carry << ((width * 8) - 1));
            carry = bottom;
        }

        SetRotate(carry, Bits.Top(result, width) ^ Bits.Top(result << 1, width), turns, ref flags);
        return result;
    }

    private static void SetShift(ulong result, ulong carry, ulong overflow, int count, int width, ref ulong flags)
    {
        SetRotate(carry, overflow, count, ref flags);
        IntegerAlu.SetResult(result, width, ref flags);
    }

    private static void SetRotate(ulong carry, ulong overflow, int count, ref ulong flags)
    {
        flags = EFlags.With(flags, EFlags.Carry, carry != 0);
        SetOverflow(count, overflow, ref flags);
    }

    private static void SetOverflow(int count, ulong overflow, ref ulong flags)
    {
        if (count == 1)
        {
            flags = EFlags.With(flags, EFlags.Overflow, overflow != 0);
        }
    }
}
