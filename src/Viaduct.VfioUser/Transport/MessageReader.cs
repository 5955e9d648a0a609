using Microsoft.Win32.SafeHandles;
using Viaduct.Linux.Sockets;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.VfioUser.Transport;

/// <summary>
/// Cuts what comes from a socket into messages: as many as there are with one system call. Descriptors belong to the message that
/// holds the last byte of the call they came with, because the kernel ends a call behind bytes that have some.
/// For one thread.
/// </summary>
/// <param name="socket">The connection; whoever made this disposes it.</param>
/// <param name="largest">Bytes of the largest message that is taken, its header included.</param>
public sealed class MessageReader(UnixSocket socket, int largest) : IDisposable
{
    private const int FirstCapacity = 64 << 10;

    // Some more than anybody negotiates, so that who sends too many gets an answer.
    private const int MostPending = 512;

    private readonly List<SafeFileHandle> _received = [];
    private readonly Queue<(long Position, SafeFileHandle Descriptor)> _pending = new();
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(FirstCapacity, pinned: true);
    private int _start;
    private int _end;
    private int _payload;
    private long _position;

    /// <summary>The header of the message that was read last.</summary>
    public VfioUserHeader Header { get; private set; }

    /// <summary>What is behind it; good until the next is read.</summary>
    public Memory<byte> Payload => _buffer.AsMemory(_payload, (int)Header.Size - VfioUserHeader.StructSize);

    /// <summary>Its descriptors; closed when the next is read, but for those that are taken out.</summary>
    public List<SafeFileHandle> Descriptors { get; } = [];

    /// <summary>Bytes of the largest message that is taken.</summary>
    public int Largest => largest;

    /// <summary>What the next message says of its size, where its header is there; else zero.</summary>
    public uint NextSize => _end - _start >= VfioUserHeader.StructSize ? PeekSize() : 0;

    /// <summary>There is a message that has been received but not read.</summary>
    public bool HasMessage
        => _end - _start >= VfioUserHeader.StructSize && PeekSize() is var size && (uint)(_end - _start) >= size;

    /// <summary>Waits for a message.</summary>
    public ReadOutcome Read()
    {
        Drop();
        while (true)
        {
            if (_end - _start >= VfioUserHeader.StructSize)
            {
                var size = PeekSize();
                if (size < VfioUserHeader.StructSize || size > (uint)largest)
                {
                    return ReadOutcome.Malformed;
                }

                if ((uint)(_end - _start) >= size)
                {
                    Take((int)size);
                    return ReadOutcome.Message;
                }

                MakeRoom((int)size);
            }
            else
            {
                MakeRoom(VfioUserHeader.StructSize);
            }

            if (!Receive())
            {
                return _pending.Count > MostPending ? ReadOutcome.Malformed : ReadOutcome.Closed;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Drop();
        while (_pending.TryDequeue(out var left))
        {
            left.Descriptor.Dispose();
        }
    }

    private uint PeekSize() => StructBytes.Read<VfioUserHeader>(_buffer.AsSpan(_start)).Size;

    private bool Receive()
    {
        var result = socket.Receive(_buffer.AsSpan(_end), _received);
        if (result.Raw <= 0)
        {
            return false;
        }

        _end += (int)result.Raw;
        _position += result.Raw;
        foreach (var descriptor in _received)
        {
            _pending.Enqueue((_position, descriptor));
        }

        _received.Clear();
        return _pending.Count <= MostPending;
    }

    private void Take(int size)
    {
        Header = StructBytes.Read<VfioUserHeader>(_buffer.AsSpan(_start));
        _payload = _start + VfioUserHeader.StructSize;
        _start += size;
        if (_pending.Count == 0)
        {
            return;
        }

        var last = _position - (_end - _start);
        while (_pending.TryPeek(out var next) && next.Position <= last)
        {
            Descriptors.Add(_pending.Dequeue().Descriptor);
        }
    }

    private void Drop()
    {
        if (Descriptors.Count == 0)
        {
            return;
        }

        foreach (var descriptor in Descriptors)
        {
            descriptor.Dispose();
        }

        Descriptors.Clear();
    }

    /// <summary>So that a message of a size fits behind the start.</summary>
    private void MakeRoom(int size)
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }

        if (_buffer.Length - _start >= size && _end < _buffer.Length)
        {
            return;
        }

        var from = _buffer.AsSpan(_start, _end - _start);
        if (size > _buffer.Length)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(Math.Min(largest, Math.Max(size, _buffer.Length * 2)), pinned: true);
        }

        from.CopyTo(_buffer);
        (_start, _end) = (0, from.Length);
    }
}
