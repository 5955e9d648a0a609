using System.Runtime.InteropServices;
using Viaduct.Fuzz.InProcess;
using Viaduct.Linux;
using Viaduct.Linux.Sockets;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;
using Viaduct.VfioUser.Transport;

namespace Viaduct.Fuzz.Wire;

/// <summary>A client that plays a conversation, mostly wrong; a thread of its own takes what the server says, and answers DMA mostly right.</summary>
internal sealed class WireClient : IDisposable
{
    private const int Largest = 4 << 20;
    private const uint MostWhole = 1 << 16;

    private readonly UnixSocket _socket;
    private readonly FuzzRandom _random;
    private readonly FuzzRandom _answers;
    private readonly MemoryMapping _memory;
    private readonly EventFd _eventFd;
    private readonly Thread _reader;

    public WireClient(string path, FuzzRandom random, int seed)
    {
        if (UnixSocket.Connect(path, out var socket).IsError || MemoryMapping.Allocate(1 << 20, HugePageSize.None, out var memory).IsError
            || EventFd.Create(out _eventFd).IsError)
        {
            throw new FuzzFailure("The server cannot be reached.");
        }

        (_socket, _memory, _random, _answers) = (socket!, memory!, random, new FuzzRandom(seed));
        _reader = new Thread(Listen) { IsBackground = true };
        _reader.Start();
    }

    /// <summary>Sends a message of a conversation, or something like it. False where the server has ended the connection.</summary>
    public bool Send((byte[] Bytes, string Descriptors) message, int wrongOneIn)
    {
        var bytes = (byte[])message.Bytes.Clone();
        var kinds = message.Descriptors;
        if (_random.OneIn(wrongOneIn))
        {
            Mutate(ref bytes, ref kinds);
        }

        var descriptors = kinds.Select(kind => kind == 'e' ? (SafeHandle)_eventFd : _memory.File!).ToArray();
        return !_socket.Send(bytes, descriptors).IsError;
    }

    public void Dispose()
    {
        _socket.Shutdown();
        _reader.Join();
        _socket.Dispose();
        _memory.Dispose();
        _eventFd.Dispose();
    }

    private void Mutate(ref byte[] bytes, ref string kinds)
    {
        for (var i = _random.Below(4); i >= 0; i--)
        {
            switch (_random.Below(8))
            {
                case 0:
                    bytes[VfioUserHeader.StructSize > bytes.Length ? 0 : _random.Below(bytes.Length)] ^= (byte)(1 << _random.Below(8));
                    break;
                case 1 or 2 when bytes.Length > VfioUserHeader.StructSize + sizeof(ulong):
                    var at = VfioUserHeader.StructSize + (_random.Below((bytes.Length - VfioUserHeader.StructSize) / 4) * 4);
                    var width = at + 8 <= bytes.Length && _random.OneIn(2) ? 8 : 4;
                    BitConverter.GetBytes(_random.Any()).AsSpan(0, Math.Min(width, bytes.Length - at)).CopyTo(bytes.AsSpan(at));
                    break;
                case 3:
                    // Longer or shorter, and says so.
                    Array.Resize(ref bytes, VfioUserHeader.StructSize + _random.Below(_random.OneIn(20) ? (int)MostWhole : 128));
                    BitConverter.GetBytes(bytes.Length).CopyTo(bytes, 4);
                    break;
                case 4:
                    BitConverter.GetBytes((ushort)_random.Below(20)).CopyTo(bytes, 2);
                    break;
                case 5:
                    kinds = new string([.. Enumerable.Range(0, _random.Below(_random.OneIn(10) ? 200 : 4)).Select(_ => _random.OneIn(2) ? 'e' : 'm')]);
                    break;
                case 6:
                    bytes[8] = (byte)(_random.OneIn(4) ? 0x10 : _random.Below(256));
                    break;
                case 7 when _random.OneIn(8):
                    // Says that it is as long as it is not: the end of the connection, or of what comes behind.
                    BitConverter.GetBytes((uint)_random.Any()).CopyTo(bytes, 4);
                    break;
            }
        }
    }

    private void Listen()
    {
        using var reader = new MessageReader(_socket, Largest);
        while (reader.Read() == ReadOutcome.Message)
        {
            if (reader.Header.IsCommand && !Answer(reader))
            {
                return;
            }
        }
    }

    private bool Answer(MessageReader reader)
    {
        var access = StructBytes.Read<VfioUserDmaAccess>(reader.Payload.Span);
        var isRead = reader.Header.Command == VfioUserCommand.VFIO_USER_DMA_READ;
        var length = isRead ? (int)access.Count : 0;
        if (_answers.OneIn(20))
        {
            length = _answers.Below(5000);
        }

        var reply = new byte[VfioUserHeader.StructSize + VfioUserDmaAccess.StructSize + length];
        _answers.Fill(reply);
        StructBytes.Write(reply, new VfioUserHeader
        {
            MessageId = _answers.OneIn(30) ? (ushort)_answers.Below(100) : reader.Header.MessageId,
            Command = reader.Header.Command,
            Size = (uint)reply.Length,
            Flags = VfioUserFlags.Reply | (_answers.OneIn(20) ? VfioUserFlags.Error : VfioUserFlags.None),
        });
        StructBytes.Write(reply.AsSpan(VfioUserHeader.StructSize), access);
        return _answers.OneIn(50) || !_socket.Send(reply).IsError;
    }
}
