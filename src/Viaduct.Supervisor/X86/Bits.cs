namespace Viaduct.Supervisor.X86;

/// <summary>Arithmetic on operands of 1, 2, 4 or 8 bytes that are held zero-extended in 64 bits.</summary>
internal static class Bits
{
    public static ulong Mask(int width) => ulong.MaxValue >> (64 - (width * 8));

    public static ulong Truncate(ulong value, int width) => value & Mask(width);

    public static ulong SignExtend(ulong value, int width)
    {
        int unused = 64 - (width * 8);
        return (ulong)((long)(value << unused) >> unused);
    }

    /// <summary>The operand's sign bit, as 0 or 1.</summary>
    public static ulong Top(ulong value, int width) => (value >> ((width * 8) - 1)) & 1;
}
