using System.Runtime.InteropServices;

namespace Viaduct.Linux.Seccomp;

/// <summary>struct seccomp_data, linux/seccomp.h: the call that a filter decides about.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SeccompData
{
    /// <summary>The call's number.</summary>
    public int Number;

    /// <summary>AUDIT_ARCH_*.</summary>
    public uint Architecture;

    /// <summary>Where the call was made.</summary>
    public ulong InstructionPointer;

    /// <summary>The arguments, as they are in the registers.</summary>
    public ulong Arg0, Arg1, Arg2, Arg3, Arg4, Arg5;
}
