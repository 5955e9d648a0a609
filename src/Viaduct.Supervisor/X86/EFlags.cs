namespace Viaduct.Supervisor.X86;

/// <summary>Bits of RFLAGS, Intel SDM volume 1, 3.4.3.</summary>
internal static class EFlags
{
    public const ulong Carry = 1 << 0;
    public const ulong Parity = 1 << 2;
    public const ulong Adjust = 1 << 4;
    public const ulong Zero = 1 << 6;
    public const ulong Sign = 1 << 7;
    public const ulong Direction = 1 << 10;
    public const ulong Overflow = 1 << 11;

    /// <summary>Set in the image that a fault pushes; an instruction that completes clears it.</summary>
    public const ulong Resume = 1 << 16;

    public const ulong Status = Carry | Parity | Adjust | Zero | Sign | Overflow;

    /// <summary>Returns <paramref name="flags"/> with the bits of <paramref name="mask"/> set or cleared.</summary>
    public static ulong With(ulong flags, ulong mask, bool set) => set ? flags | mask : flags & ~mask;
}
