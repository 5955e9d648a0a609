using Viaduct.Abi;
using Viaduct.Linux.Sockets;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;
using Viaduct.VfioUser.Transport;

namespace Viaduct.Driver;

/// <summary>The thread that reads one socket of a connection: it brings replies to who waits for them, and does the
/// server's reads and writes of memory.</summary>
internal sealed class DmaResponder : IDisposable
{
    private readonly VfioUserConnection _connection;
    private readonly UnixSocket _socket;
    private readonly MessageReader _reader;
    private readonly MessageSender _sender;
    private readonly Thread _thread;
    private byte[] _answer = new byte[4096];

    internal DmaResponder(VfioUserConnection connection, UnixSocket socket, int largest, string name)
    {
        _connection = connection;
        _socket = socket;
        _reader = new MessageReader(socket, largest);
        _sender = connection.SenderOf(socket);
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    internal void Start() => _thread.Start();

    public void Dispose()
    {
        _socket.Shutdown();
        if (_thread != Thread.CurrentThread)
        {
            _thread.Join();
        }

        _reader.Dispose();
        _socket.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            var why = _reader.Read() switch
            {
                ReadOutcome.Message => Handle(),
                ReadOutcome.Malformed => $"the server sent {_reader.NextSize} bytes as one message, or too many descriptors",
                _ => "the server closed the connection",
            };
            if (why is not null)
            {
                _connection.Cut(why);
                return;
            }
        }
    }

    /// <returns>What the server broke; null where it is well.</returns>
    private string? Handle()
    {
        var header = _reader.Header;
        if (header.IsReply)
        {
            return _connection.Deliver(_reader);
        }

        if (!header.IsCommand)
        {
            return $"the server sent a message that is neither command nor reply, flags 0x{(uint)header.Flags:x}";
        }

        var length = 0;
        var errno = header.Command switch
        {
            VfioUserCommand.VFIO_USER_DMA_READ => Read(out length),
            VfioUserCommand.VFIO_USER_DMA_WRITE => Write(out length),
            _ => Errno.EOPNOTSUPP,
        };
        if (!header.WantsNoReply)
        {
            VfioUserConnection.Answer(_sender, _answer, header, errno, length);
        }

        return null;
    }

    private Errno Read(out int length)
    {
        length = 0;
        if (_reader.Payload.Length < VfioUserDmaAccess.StructSize)
        {
            return Errno.EINVAL;
        }

        var access = StructBytes.Read<VfioUserDmaAccess>(_reader.Payload.Span);
        if (access.Count > VfioUserLimits.OurDataTransfer)
        {
            return Errno.EINVAL;
        }

        length = VfioUserDmaAccess.StructSize + (int)access.Count;
        MakeRoom(length);
        var payload = _answer.AsSpan(VfioUserHeader.StructSize, length);
        StructBytes.Write(payload, access);
        return _connection.Memory.Read(access.Address, payload[VfioUserDmaAccess.StructSize..]);
    }

    private Errno Write(out int length)
    {
        length = VfioUserDmaAccess.StructSize;
        var payload = _reader.Payload.Span;
        if (payload.Length < VfioUserDmaAccess.StructSize)
        {
            return Errno.EINVAL;
        }

        var access = StructBytes.Read<VfioUserDmaAccess>(payload);
        var data = payload[VfioUserDmaAccess.StructSize..];
        if (access.Count != (ulong)data.Length)
        {
            return Errno.EINVAL;
        }

        StructBytes.Write(_answer.AsSpan(VfioUserHeader.StructSize), access);
        return _connection.Memory.Write(access.Address, data);
    }

    private void MakeRoom(int length)
    {
        if (_answer.Length < VfioUserHeader.StructSize + length)
        {
            _answer = GC.AllocateUninitializedArray<byte>(VfioUserHeader.StructSize + length, pinned: true);
        }
    }
}
