using Viaduct.Linux;

namespace Viaduct.Supervisor.Tests.X86;

internal static class TestRegisters
{
    public const ulong UserCode64 = 0x33;
    public const ulong UserCode32 = 0x23;

    public static readonly string[] Names =
    [
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
    ];

    /// <summary>A general register by its encoding number.</summary>
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
}
