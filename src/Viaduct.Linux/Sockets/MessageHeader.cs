using System.Runtime.InteropServices;

namespace Viaduct.Linux.Sockets;

/// <summary>struct msghdr, bits/socket.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    /// <summary>The address; null on a connection.</summary>
    public void* Name;

    /// <summary>Its length.</summary>
    public uint NameLength;

    /// <summary>The bytes.</summary>
    public IoVector* Vectors;

    /// <summary>Pieces of them.</summary>
    public nuint VectorCount;

    /// <summary>What comes beside the bytes.</summary>
    public void* Control;

    /// <summary>Its length.</summary>
    public nuint ControlLength;

    /// <summary>MSG_CTRUNC and others, of what was received.</summary>
    public int Flags;
}
