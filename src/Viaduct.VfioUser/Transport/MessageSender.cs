using System.Runtime.InteropServices;
using Viaduct.Abi;
using Viaduct.Linux.Sockets;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.VfioUser.Transport;

/// <summary>Sends messages, each as a whole, from any thread.</summary>
/// <param name="socket">The connection.</param>
public sealed class MessageSender(UnixSocket socket)
{
    // Innermost: held while the socket takes a message.
    private readonly Lock _lock = new();

    /// <summary>Fills a message's header in and sends it.</summary>
    /// <param name="message">The message, with room for its header at the start.</param>
    /// <param name="header">The header; its size is set here.</param>
    /// <param name="descriptors">They stay the caller's.</param>
    /// <returns>Zero, or EPIPE and its like: the connection has ended.</returns>
    public SysResult Send(Span<byte> message, VfioUserHeader header, params ReadOnlySpan<SafeHandle> descriptors)
    {
        header.Size = (uint)message.Length;
        StructBytes.Write(message, header);
        lock (_lock)
        {
            return socket.Send(message, descriptors);
        }
    }
}
