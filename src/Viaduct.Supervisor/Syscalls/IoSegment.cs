using System.Runtime.InteropServices;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>struct iovec of a client.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoSegment
{
    /// <summary>Bytes of the structure.</summary>
    public const ulong Size = 16;

    /// <summary>Where the client's bytes are.</summary>
    public ulong Base;

    /// <summary>How many.</summary>
    public ulong Length;
}
