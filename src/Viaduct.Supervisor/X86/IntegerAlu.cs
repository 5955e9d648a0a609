namespace Viaduct.Supervisor.X86;

/// <summary>
/// Integer arithmetic with the flags as Intel SDM volume 2 defines them; a flag that is undefined there keeps its value.
/// Operands are zero-extended, widths are 1, 2, 4 or 8 bytes.
/// </summary>
internal static class IntegerAlu
{
    public static ulong Add(ulong left, ulong right, ulong carryIn, int width, ref ulong flags)
    {
        ulong result = Bits.Truncate(left + right + carryIn, width);
        ulong carries = (left & right) | ((left | right) & ~result);
        ulong overflow = (left ^ result) & (right ^ result);
        SetArithmetic(left ^ right, carries, overflow, result, width, ref flags);
        return result;
    }

    public static ulong Subtract(ulong left, ulong right, ulong borrowIn, int width, ref ulong flags)
    {
        ulong result = Bits.Truncate(left - right - borrowIn, width);
        ulong borrows = (~left & right) | ((~left | right) & result);
        ulong overflow = (left ^ right) & (left ^ result);
        SetArithmetic(left ^ right, borrows, overflow, result, width, ref flags);
        return result;
    }

    /// <summary>Flags of AND, OR, XOR and TEST: CF and OF are cleared, AF is undefined.</summary>
    public static ulong Logic(ulong result, int width, ref ulong flags)
    {
        flags &= ~(EFlags.Carry | EFlags.Overflow);
        SetResult(result, width, ref flags);
        return result;
    }

    /// <summary>INC and DEC: as ADD and SUB of one, but CF stays.</summary>
    public static ulong Increment(ulong value, int width, ref ulong flags)
    {
        ulong carry = flags & EFlags.Carry;
        ulong result = Add(value, 1, 0, width, ref flags);
        flags = (flags & ~EFlags.Carry) | carry;
        return result;
    }

    public static ulong Decrement(ulong value, int width, ref ulong flags)
    {
        ulong carry = flags & EFlags.Carry;
        ulong result = Subtract(value, 1, 0, width, ref flags);
        flags = (flags & ~EFlags.Carry) | carry;
        return result;
    }

    /// <summary>The low half of a signed product; CF and OF tell that the high half matters, the others are undefined.</summary>
    public static ulong MultiplySigned(ulong left, ulong right, int width, out ulong high, ref ulong flags)
    {
        Int128 product = (Int128)(long)Bits.SignExtend(left, width) * (long)Bits.SignExtend(right, width);
        ulong low = Bits.Truncate((ulong)(UInt128)product, width);
        high = Bits.Truncate((ulong)((UInt128)product >> (width * 8)), width);
        bool overflow = (Int128)(long)Bits.SignExtend(low, width) != product;
        flags = EFlags.With(flags, EFlags.Carry | EFlags.Overflow, overflow);
        return low;
    }

    public static ulong MultiplyUnsigned(ulong left, ulong right, int width, out ulong high, ref ulong flags)
    {
        UInt128 product = (UInt128)left * right;
        high = Bits.Truncate((ulong)(product >> (width * 8)), width);
        flags = EFlags.With(flags, EFlags.Carry | EFlags.Overflow, high != 0);
        return Bits.Truncate((ulong)product, width);
    }

    /// <summary>ZF, SF and PF of a result.</summary>
    public static void SetResult(ulong result, int width, ref ulong flags)
    {
        flags = EFlags.With(flags, EFlags.Zero, result == 0);
        flags = EFlags.With(flags, EFlags.Sign, Bits.Top(result, width) != 0);
        flags = EFlags.With(flags, EFlags.Parity, (ulong.PopCount(result & 0xff) & 1) == 0);
    }

    private static void SetArithmetic(
        ulong difference, ulong carries, ulong overflow, ulong result, int width, ref ulong flags)
    {
        flags = EFlags.With(flags, EFlags.Carry, Bits.Top(carries, width) != 0);
        flags = EFlags.With(flags, EFlags.Overflow, Bits.Top(overflow, width) != 0);
        flags = EFlags.With(flags, EFlags.Adjust, ((difference ^ result) & 0x10) != 0);
        SetResult(result, width, ref flags);
    }
}
