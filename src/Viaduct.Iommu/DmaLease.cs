namespace Viaduct.Iommu;

/// <summary>
/// Bytes of a client in place, from <see cref="DmaPort.TryGetSpan"/>. Unmapping waits until it is disposed, so it is
/// held
/// for one operation of the device and not for longer; nothing that it holds may be used afterwards. Disposed once, and
/// by the thread that got it.
/// </summary>
public readonly ref struct DmaLease
{
    private readonly TransferSlot? _slot;

    internal DmaLease(TransferSlot slot, Span<byte> span)
    {
        _slot = slot;
        Span = span;
    }

    /// <summary>The bytes.</summary>
    public Span<byte> Span { get; }

    /// <summary>There is something to give back.</summary>
    internal bool IsHeld => _slot is not null;

    /// <summary>Gives the bytes back.</summary>
    public void Dispose() => _slot?.Leave();
}
