using Viaduct.Memory;

namespace Viaduct.Iommu.Tests;

/// <summary>Memory that knows which addresses lead to it, and tells when it is reached by others or after its end.</summary>
internal sealed class GuardedSource(ulong first, ulong offset, ulong size, SharedCount violations) : MemorySource
{
    private volatile bool _isGone;

    public ulong First => first;

    public ulong Offset => offset;

    public void Retire() => _isGone = true;

    public override bool TryRead(ulong at, Span<byte> destination) => Use(at, destination.Length);

    public override bool TryWrite(ulong at, ReadOnlySpan<byte> source) => Use(at, source.Length);

    private bool Use(ulong at, int length)
    {
        var isWrong = _isGone || at < offset || at - offset + (ulong)length > size;
        Thread.SpinWait(5);
        if (isWrong || _isGone)
        {
            violations.Increment();
        }

        return true;
    }
}
