using Iced.Intel;
using Viaduct.Linux;

namespace Viaduct.Supervisor.X86;

/// <summary>Reads and writes registers by the decoder's names, with the processor's rules for the narrow ones.</summary>
internal static class RegisterFile
{
    public static bool IsGeneral(Register register) => register is >= Register.AL and <= Register.R15;

    public static bool IsVector(Register register) => register is >= Register.XMM0 and <= Register.ZMM31;

    public static bool IsOpmask(Register register) => register is >= Register.K0 and <= Register.K7;

    /// <summary>Number of a XMM, YMM or ZMM register: 0 to 31.</summary>
    public static int VectorIndex(Register register) => (register - Register.XMM0) & 31;

    /// <summary>Bytes of a XMM, YMM or ZMM register.</summary>
    public static int VectorWidth(Register register) => 16 << ((register - Register.XMM0) >> 5);

    /// <summary>Bytes of a general register.</summary>
    public static int Width(Register register) => register switch
    {
        >= Register.RAX => 8,
        >= Register.EAX => 4,
        >= Register.AX => 2,
        _ => 1,
    };

    /// <summary>A general register's value, zero-extended; a segment register's selector.</summary>
    public static ulong Read(ref UserRegisters registers, Register register) => register switch
    {
        >= Register.RAX and <= Register.R15 => Full(ref registers, register - Register.RAX),
        >= Register.EAX and <= Register.R15D => (uint)Full(ref registers, register - Register.EAX),
        >= Register.AX and <= Register.R15W => (ushort)Full(ref registers, register - Register.AX),
        >= Register.SPL and <= Register.R15L => (byte)Full(ref registers, register - Register.SPL + 4),
        >= Register.AH and <= Register.BH => (byte)(Full(ref registers, register - Register.AH) >> 8),
        >= Register.AL and <= Register.BL => (byte)Full(ref registers, register - Register.AL),
        _ => ReadSelector(ref registers, register),
    };

    /// <summary>Writes a general register: 32 bits clear the upper half, 8 and 16 leave the rest.</summary>
    public static void Write(ref UserRegisters registers, Register register, ulong value)
    {
        switch (register)
        {
            case >= Register.RAX and <= Register.R15:
                Full(ref registers, register - Register.RAX) = value;
                break;
            case >= Register.EAX and <= Register.R15D:
                Full(ref registers, register - Register.EAX) = (uint)value;
                break;
            case >= Register.AX and <= Register.R15W:
                Merge(ref Full(ref registers, register - Register.AX), 0xffff, value);
                break;
            case >= Register.SPL and <= Register.R15L:
                Merge(ref Full(ref registers, register - Register.SPL + 4), 0xff, value);
                break;
            case >= Register.AH and <= Register.BH:
                Merge(ref Full(ref registers, register - Register.AH), 0xff00, value << 8);
                break;
            default:
                Merge(ref Full(ref registers, register - Register.AL), 0xff, value);
                break;
        }
    }

    /// <summary>The 64-bit register of an encoding number: RAX 0, RCX 1, RDX 2, RBX 3, RSP 4 ... R15 15.</summary>
    public static ref ulong Full(ref UserRegisters registers, int number)
    {
        switch (number)
        {
            case 0: return ref registers.Rax;
            case 1: return ref registers.Rcx;
            case 2: return ref registers.Rdx;
            case 3: return ref registers.Rbx;
            case 4: return ref registers.Rsp;
            case 5: return ref registers.Rbp;
            case 6: return ref registers.Rsi;
            case 7: return ref registers.Rdi;
            case 8: return ref registers.R8;
            case 9: return ref registers.R9;
            case 10: return ref registers.R10;
            case 11: return ref registers.R11;
            case 12: return ref registers.R12;
            case 13: return ref registers.R13;
            case 14: return ref registers.R14;
            default: return ref registers.R15;
        }
    }

    private static void Merge(ref ulong target, ulong mask, ulong value) => target = (target & ~mask) | (value & mask);

    private static ulong ReadSelector(ref UserRegisters registers, Register register) => register switch
    {
        Register.CS => registers.Cs,
        Register.DS => registers.Ds,
        Register.ES => registers.Es,
        Register.FS => registers.Fs,
        Register.GS => registers.Gs,
        _ => registers.Ss,
    };
}
