using System.Runtime.InteropServices;

namespace Viaduct.VfioUser.Protocol;

/// <summary>What each message begins with, in the host's byte order.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioUserHeader
{
    /// <summary>sizeof, in bytes.</summary>
    public const int StructSize = 16;

    /// <summary>The sender's own; a reply has its command's.</summary>
    public ushort MessageId;

    /// <summary>Which message.</summary>
    public VfioUserCommand Command;

    /// <summary>Bytes of the message, this header included.</summary>
    public uint Size;

    /// <summary>Command or reply.</summary>
    public VfioUserFlags Flags;

    /// <summary>The errno of a failed reply, which may be zero.</summary>
    public uint Error;

    /// <summary>It answers a command.</summary>
    public readonly bool IsReply => (Flags & VfioUserFlags.TypeMask) == VfioUserFlags.Reply;

    /// <summary>It is a command.</summary>
    public readonly bool IsCommand => (Flags & VfioUserFlags.TypeMask) == 0;

    /// <summary>It is a command that wants no reply.</summary>
    public readonly bool WantsNoReply => (Flags & VfioUserFlags.NoReply) != 0;

    /// <summary>It is a reply to a command that failed.</summary>
    public readonly bool IsError => (Flags & VfioUserFlags.Error) != 0;
}
