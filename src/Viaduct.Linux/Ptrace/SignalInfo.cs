using System.Runtime.InteropServices;

namespace Viaduct.Linux;

/// <summary>siginfo_t of a fault, 128 bytes on every 64-bit architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct SignalInfo
{
    /// <summary>A bus error.</summary>
    public const int SIGBUS = 7;

    /// <summary>An access that the page tables forbid.</summary>
    public const int SIGSEGV = 11;

    /// <summary>BUS_ADRERR: nothing is behind the address, as past the end of a mapped file.</summary>
    public const int BUS_ADRERR = 2;

    /// <summary>si_signo.</summary>
    [FieldOffset(0)]
    public int Signal;

    /// <summary>si_code.</summary>
    [FieldOffset(8)]
    public int Code;

    /// <summary>si_addr.</summary>
    [FieldOffset(16)]
    public ulong Address;
}
