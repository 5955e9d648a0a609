using System.Runtime.InteropServices;

namespace Viaduct.Linux.Seccomp;

/// <summary>struct seccomp_notif, linux/seccomp.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SeccompNotification
{
    /// <summary>Names this notification until it is answered.</summary>
    public ulong Id;

    /// <summary>The thread that made the call, in our pid namespace; 0 where it is not visible there.</summary>
    public int ThreadId;

    /// <summary>SECCOMP_USER_NOTIF flags: none so far.</summary>
    public uint Flags;

    /// <summary>The call.</summary>
    public SeccompData Data;
}
