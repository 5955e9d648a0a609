using System.Runtime.InteropServices;

namespace Viaduct.Linux;

/// <summary>x86-64 <c>struct user_regs_struct</c> of <c>sys/user.h</c>, as PTRACE_GETREGS and NT_PRSTATUS move it.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct UserRegisters
{
    /// <summary>The registers that a called function preserves, in the kernel's order.</summary>
    public ulong R15, R14, R13, R12, Rbp, Rbx;

    /// <summary>The registers that a called function may change, in the kernel's order.</summary>
    public ulong R11, R10, R9, R8, Rax, Rcx, Rdx, Rsi, Rdi;

    /// <summary>The system call's number at a system-call stop, otherwise -1.</summary>
    public ulong OrigRax;

    /// <summary>The address of the next instruction; at a fault, of the instruction that faulted.</summary>
    public ulong Rip;

    /// <summary>The code segment's selector: 0x33 in 64-bit code, 0x23 in 32-bit code.</summary>
    public ulong Cs;

    /// <summary>RFLAGS.</summary>
    public ulong EFlags;

    /// <summary>The stack pointer.</summary>
    public ulong Rsp;

    /// <summary>The stack segment's selector.</summary>
    public ulong Ss;

    /// <summary>Linear base addresses of the FS and GS segments.</summary>
    public ulong FsBase, GsBase;

    /// <summary>Data segment selectors.</summary>
    public ulong Ds, Es, Fs, Gs;
}
