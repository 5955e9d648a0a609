using System.Runtime.InteropServices;

namespace Viaduct.Linux;

/// <summary>Numbers of the system calls that the C library has no function for. The new ones are the same everywhere.</summary>
internal static class LinuxCall
{
    public const long PidFdOpen = 434;
    public const long PidFdGetFd = 438;

    public static long Seccomp { get; } = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 317,
        Architecture.Ppc64le => 358,
        Architecture.S390x => 348,
        _ => 277, // asm-generic/unistd.h
    };

    public static long Kcmp { get; } = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 312,
        Architecture.Ppc64le => 354,
        Architecture.S390x => 343,
        _ => 272,
    };
}
