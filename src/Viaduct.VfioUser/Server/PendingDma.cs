namespace Viaduct.VfioUser.Server;

/// <summary>A DMA_READ or DMA_WRITE that waits for its reply. Used again and again.</summary>
internal sealed class PendingDma
{
    private byte[] _data = [];
    private bool _isDone;
    private bool _isOk;

    /// <summary>The message's id, while it waits.</summary>
    public ushort Id { get; set; }

    /// <summary>It reads the client's memory.</summary>
    public bool IsRead { get; private set; }

    /// <summary>Bytes asked for.</summary>
    public int Count { get; private set; }

    /// <summary>Begins a request; nobody waits yet.</summary>
    public void Begin(bool isRead, int count)
    {
        (IsRead, Count, _isDone, _isOk) = (isRead, count, false, false);
        if (isRead && _data.Length < count)
        {
            _data = GC.AllocateUninitializedArray<byte>(count);
        }
    }

    /// <summary>The reply is there, or will not come.</summary>
    /// <param name="isOk">The client did it.</param>
    /// <param name="data">What it read; as many bytes as were asked for.</param>
    public void Complete(bool isOk, ReadOnlySpan<byte> data)
    {
        lock (this)
        {
            if (isOk && IsRead)
            {
                data.CopyTo(_data);
            }

            (_isDone, _isOk) = (true, isOk);
            Monitor.Pulse(this);
        }
    }

    /// <summary>Waits for that.</summary>
    /// <param name="destination">Receives what was read.</param>
    public bool Wait(Span<byte> destination)
    {
        lock (this)
        {
            while (!_isDone)
            {
                Monitor.Wait(this);
            }

            if (_isOk && IsRead)
            {
                _data.AsSpan(0, Count).CopyTo(destination);
            }

            return _isOk;
        }
    }
}
