using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux.Sockets;
using Viaduct.VfioUser.Protocol;
using Viaduct.VfioUser.Transport;

namespace Viaduct.Driver;

/// <summary>
/// A client's connection. Any thread sends a message and waits for its reply; a thread of the connection's own brings the
/// replies, and answers what the server asks meanwhile. So neither side waits for the other. A server that breaks the
/// protocol, or does not answer in time, is cut off: everybody who waits hears it at once.
/// </summary>
internal sealed class VfioUserConnection : IDisposable
{
    private const int Overhead = 1 << 16; // headers, structures and capability chains
    private const int MostWaiting = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<ushort, PendingReply> _waiting = [];
    private readonly Stack<PendingReply> _free = new();
    private readonly Stack<byte[]> _buffers = new();
    private readonly UnixSocket _socket;
    private readonly MessageSender _sender;
    private readonly TimeSpan _timeout;
    private readonly DmaResponder _main;
    private DmaResponder? _twin;
    private ushort _lastId;
    private string? _ended;

    /// <param name="name">The server, for messages.</param>
    /// <param name="socket">Taken over.</param>
    /// <param name="timeout">How long an answer may take.</param>
    /// <param name="memory">What the server may reach.</param>
    internal VfioUserConnection(string name, UnixSocket socket, TimeSpan timeout, DmaTable memory)
    {
        Name = name;
        Memory = memory;
        _socket = socket;
        _timeout = timeout;
        _sender = new MessageSender(socket);
        _main = new DmaResponder(this, socket, VfioUserLimits.OurDataTransfer + Overhead, $"vfio-user {name}");
        _main.Start();
    }

    internal string Name { get; }

    internal DmaTable Memory { get; }

    /// <summary>The server's messages come over a second socket too.</summary>
    internal void AddTwin(UnixSocket socket)
    {
        _twin = new DmaResponder(this, socket, VfioUserLimits.OurDataTransfer + Overhead, $"vfio-user twin {Name}");
        _twin.Start();
    }

    /// <summary>Sends a command and waits for its reply.</summary>
    /// <param name="command">Which.</param>
    /// <param name="payload">What is behind the header.</param>
    /// <param name="more">And behind that.</param>
    /// <param name="reply">Receives the front of the reply's payload.</param>
    /// <param name="received">Receives the reply's descriptors; null closes them.</param>
    /// <param name="descriptors">To send beside it.</param>
    /// <returns>How many bytes the reply's payload has, or the server's errno.</returns>
    /// <exception cref="VfioException">The connection has ended, or ended over this.</exception>
    internal SysResult Ask(
        VfioUserCommand command,
        ReadOnlySpan<byte> payload,
        ReadOnlySpan<byte> more,
        Span<byte> reply,
        List<SafeFileHandle>? received = null,
        ReadOnlySpan<SafeHandle> descriptors = default)
    {
        var pending = Begin(command);
        try
        {
            if (Send(pending.Id, command, payload, more, descriptors).IsError)
            {
                Cut("the server closed the connection");
            }

            if (!pending.Wait(_timeout, out var isLost))
            {
                Cut($"the server did not answer {command} within {_timeout.TotalSeconds:0.###} s");
                throw VfioUserErrors.Ended(Errno.ETIMEDOUT, Name, command, _ended!);
            }

            if (isLost)
            {
                throw VfioUserErrors.Ended(Errno.ECONNRESET, Name, command, _ended!);
            }

            return Take(pending, reply, received);
        }
        finally
        {
            Finish(pending);
        }
    }

    /// <summary>A reply has come.</summary>
    /// <returns>What is wrong with it; null where nothing is.</returns>
    internal string? Deliver(MessageReader reader)
    {
        PendingReply? pending;
        lock (_lock)
        {
            if (!_waiting.Remove(reader.Header.MessageId, out pending))
            {
                return $"the server sent a reply to message {reader.Header.MessageId}, which does not wait for one";
            }
        }

        var isOther = reader.Header.Command != pending.Command;
        var isTooMany = reader.Descriptors.Count > VfioUserLimits.OurDescriptors;
        if (isOther || isTooMany)
        {
            // The reason first: who waits tells it.
            Cut(isOther
                ? $"the server sent a reply of {reader.Header.Command} to {pending.Command}"
                : $"the server sent {reader.Descriptors.Count} descriptors in one message");
            pending.Lose();
            return _ended;
        }

        pending.Complete(reader.Header, reader.Payload.Span, reader.Descriptors);
        return null;
    }

    /// <summary>Ends the connection: whoever waits hears why. The first reason stays.</summary>
    internal void Cut(string why)
    {
        PendingReply[] left;
        lock (_lock)
        {
            _ended ??= why;
            left = [.. _waiting.Values];
            _waiting.Clear();
        }

        _socket.Shutdown();
        Array.ForEach(left, static pending => pending.Lose());
    }

    /// <summary>Answers a message of the server's.</summary>
    internal static void Answer(MessageSender sender, byte[] buffer, VfioUserHeader asked, Errno errno, int length)
    {
        var header = new VfioUserHeader
        {
            MessageId = asked.MessageId,
            Command = asked.Command,
            Flags = VfioUserFlags.Reply | (errno == Errno.None ? VfioUserFlags.None : VfioUserFlags.Error),
            Error = (uint)errno,
        };

        // Where the server does not hear it any more, the next read says so.
        _ = sender.Send(buffer.AsSpan(0, VfioUserHeader.StructSize + (errno == Errno.None ? length : 0)), header);
    }

    public void Dispose()
    {
        Cut("the device was closed");
        _twin?.Dispose();
        _main.Dispose();
    }

    private static SysResult Take(PendingReply pending, Span<byte> reply, List<SafeFileHandle>? received)
    {
        if (pending.Header.IsError)
        {
            // Zero, and what no errno can be, is a failure all the same.
            const uint LargestErrno = 4095;
            return pending.Header.Error is > 0 and <= LargestErrno ? (Errno)pending.Header.Error : Errno.EIO;
        }

        var payload = pending.Payload;
        payload[..Math.Min(payload.Length, reply.Length)].CopyTo(reply);
        if (received is not null)
        {
            received.AddRange(pending.Descriptors);
            pending.Descriptors.Clear();
        }

        return SysResult.FromValue(pending.Length);
    }

    private PendingReply Begin(VfioUserCommand command)
    {
        lock (_lock)
        {
            if (_ended is { } why)
            {
                throw VfioUserErrors.Ended(Errno.ENOTCONN, Name, command, why);
            }

            if (_waiting.Count >= MostWaiting)
            {
                throw VfioUserErrors.Ended(Errno.EBUSY, Name, command, "too many threads wait for it");
            }

            while (_waiting.ContainsKey(++_lastId))
            {
            }

            var pending = _free.TryPop(out var free) ? free : new PendingReply();
            pending.Begin(command);
            pending.Id = _lastId;
            _waiting.Add(_lastId, pending);
            return pending;
        }
    }

    private void Finish(PendingReply pending)
    {
        lock (_lock)
        {
            // One that may still be completed is not used again.
            if (!_waiting.Remove(pending.Id))
            {
                pending.DropDescriptors();
                _free.Push(pending);
            }
        }
    }

    private SysResult Send(
        ushort id,
        VfioUserCommand command,
        ReadOnlySpan<byte> payload,
        ReadOnlySpan<byte> more,
        ReadOnlySpan<SafeHandle> descriptors)
    {
        var length = VfioUserHeader.StructSize + payload.Length + more.Length;
        byte[]? buffer;
        lock (_lock)
        {
            _buffers.TryPop(out buffer);
        }

        if (buffer is null || buffer.Length < length)
        {
            buffer = GC.AllocateUninitializedArray<byte>(Math.Max(length, 256), pinned: true);
        }

        var message = buffer.AsSpan(0, length);
        payload.CopyTo(message[VfioUserHeader.StructSize..]);
        more.CopyTo(message[(VfioUserHeader.StructSize + payload.Length)..]);
        var result = _sender.Send(message, new VfioUserHeader { MessageId = id, Command = command }, descriptors);
        lock (_lock)
        {
            _buffers.Push(buffer);
        }

        return result;
    }

    /// <summary>Sends answers on the connection's own socket.</summary>
    internal MessageSender SenderOf(UnixSocket socket) => ReferenceEquals(socket, _socket) ? _sender : new MessageSender(socket);
}
