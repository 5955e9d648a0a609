using Viaduct.Memory;

namespace Viaduct.Iommu.Tests;

/// <summary>Memory that knows which addresses lead to it, and tells when it is reached by others or after its
/// end.</summary>
/// <param name="first">The I/O virtual address that leads to <paramref name="offset"/>.</param>
/// <param name="offset">Its first byte.</param>
/// <param name="size">Bytes.</param>
/// <param name="violations">Counts accesses that should not be.</param>
/// <param name="work">How long an access takes.</param>
internal sealed class GuardedSource(ulong first, ulong offset, ulong size, SharedCount violations, int work = 5)
    : MemorySource
{
    private volatile bool _isGone;
    private volatile bool _wasUsed;

    public ulong First => first;

    public ulong Offset => offset;

    /// <summary>An access has begun, and may have ended.</summary>
    public bool WasUsed => _wasUsed;

    public void Retire() => _isGone = true;

    public override bool TryRead(ulong at, Span<byte> destination) => Use(at, destination.Length);

    public override bool TryWrite(ulong at, ReadOnlySpan<byte> source) => Use(at, source.Length);

    private bool Use(ulong at, int length)
    {
        _wasUsed = true;
        var isWrong = _isGone || at < offset || at - offset + (ulong)length > size;
        Thread.SpinWait(work);
        if (isWrong || _isGone)
        {
            violations.Increment();
        }

        return true;
    }
}
