using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;
using Viaduct.VfioUser.Transport;

namespace Viaduct.VfioUser.Server;

/// <summary>
/// The server's commands to the client: DMA to memory that it did not share. A device's thread asks and waits; whoever reads the
/// socket brings the replies. That one must not ask itself: it would wait for what only it can bring.
/// </summary>
/// <param name="sender">Where commands go.</param>
/// <param name="mostBytes">The most bytes that the client takes in one of them.</param>
/// <param name="readingThread">The managed thread that reads the replies, or -1 where any may ask.</param>
/// <param name="askedWhileReading">Hears, once, that a model asked on that thread.</param>
internal sealed class DmaChannel(MessageSender sender, int mostBytes, int readingThread, Action? askedWhileReading)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ushort, PendingDma> _waiting = [];
    private readonly Stack<PendingDma> _free = new();
    private readonly Stack<byte[]> _buffers = new();
    private ushort _lastId;
    private bool _isClosed;
    private Action? _askedWhileReading = askedWhileReading;

    /// <summary>Reads the client's memory; false where it refuses, or has gone.</summary>
    public bool Read(ulong address, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var part = destination[..Math.Min(destination.Length, mostBytes)];
            if (!Ask(VfioUserCommand.VFIO_USER_DMA_READ, address, part, []))
            {
                return false;
            }

            destination = destination[part.Length..];
            address += (ulong)part.Length;
        }

        return true;
    }

    /// <summary>Writes the client's memory; false where it refuses, or has gone.</summary>
    public bool Write(ulong address, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            var part = source[..Math.Min(source.Length, mostBytes)];
            if (!Ask(VfioUserCommand.VFIO_USER_DMA_WRITE, address, [], part))
            {
                return false;
            }

            source = source[part.Length..];
            address += (ulong)part.Length;
        }

        return true;
    }

    /// <summary>A reply has come.</summary>
    /// <returns>False where it answers nothing that was asked.</returns>
    public bool Complete(in VfioUserHeader header, ReadOnlySpan<byte> payload)
    {
        PendingDma? pending;
        lock (_lock)
        {
            if (!_waiting.Remove(header.MessageId, out pending))
            {
                return false;
            }
        }

        var data = payload.Length > VfioUserDmaAccess.StructSize ? payload[VfioUserDmaAccess.StructSize..] : [];
        var isOk = !header.IsError && (pending.IsRead
            ? data.Length == pending.Count
            : payload.Length >= VfioUserDmaAccess.ShortSize
                && StructBytes.Read<uint>(payload[sizeof(ulong)..]) == (uint)pending.Count);
        pending.Complete(isOk, isOk ? data : []);
        return true;
    }

    /// <summary>The client has gone: who waits hears that, and nobody can ask any more.</summary>
    public void Close()
    {
        PendingDma[] left;
        lock (_lock)
        {
            _isClosed = true;
            left = [.. _waiting.Values];
            _waiting.Clear();
        }

        foreach (var pending in left)
        {
            pending.Complete(isOk: false, []);
        }
    }

    private bool Ask(VfioUserCommand command, ulong address, Span<byte> destination, ReadOnlySpan<byte> source)
    {
        if (Environment.CurrentManagedThreadId == readingThread)
        {
            Interlocked.Exchange(ref _askedWhileReading, null)?.Invoke();
            return false;
        }

        var isRead = command == VfioUserCommand.VFIO_USER_DMA_READ;
        var count = isRead ? destination.Length : source.Length;
        if (Begin(isRead, count) is not { } pending)
        {
            return false;
        }

        if (!Send(command, pending.Id, new VfioUserDmaAccess { Address = address, Count = (ulong)count }, source))
        {
            lock (_lock)
            {
                _waiting.Remove(pending.Id);
            }

            pending.Complete(isOk: false, []);
        }

        var isOk = pending.Wait(destination);
        lock (_lock)
        {
            _free.Push(pending);
        }

        return isOk;
    }

    private PendingDma? Begin(bool isRead, int count)
    {
        lock (_lock)
        {
            // As many wait at once as there are threads that do DMA.
            if (_isClosed || _waiting.Count > ushort.MaxValue / 2)
            {
                return null;
            }

            while (_waiting.ContainsKey(++_lastId))
            {
            }

            var pending = _free.TryPop(out var free) ? free : new PendingDma();
            pending.Begin(isRead, count);
            pending.Id = _lastId;
            _waiting.Add(_lastId, pending);
            return pending;
        }
    }

    private bool Send(VfioUserCommand command, ushort id, in VfioUserDmaAccess access, ReadOnlySpan<byte> data)
    {
        const int Overhead = VfioUserHeader.StructSize + VfioUserDmaAccess.StructSize;
        byte[]? buffer;
        lock (_lock)
        {
            _buffers.TryPop(out buffer);
        }

        if (buffer is null || buffer.Length < Overhead + data.Length)
        {
            buffer = GC.AllocateUninitializedArray<byte>(Overhead + data.Length, pinned: true);
        }

        var message = buffer.AsSpan(0, Overhead + data.Length);
        StructBytes.Write(message[VfioUserHeader.StructSize..], access);
        data.CopyTo(message[Overhead..]);
        var isSent = !sender.Send(message, new VfioUserHeader { MessageId = id, Command = command }).IsError;
        lock (_lock)
        {
            _buffers.Push(buffer);
        }

        return isSent;
    }
}
