using Viaduct.Memory;

namespace Viaduct.Iommu.Tests;

/// <summary>Bytes that a device reaches; offsets begin at <paramref name="origin"/>.</summary>
internal sealed class FakeSource(byte[] bytes, ulong origin) : MemorySource
{
    private readonly byte[] _bytes = bytes;

    /// <summary>Pins that have not been given back.</summary>
    public int Pins { get; set; }

    public bool HasSpans { get; set; }

    /// <summary>Offsets from here on fail, as after the client has unmapped them.</summary>
    public ulong GoneFrom { get; set; } = ulong.MaxValue;

    public override bool TryRead(ulong offset, Span<byte> destination)
    {
        if (!Has(offset, destination.Length))
        {
            return false;
        }

        _bytes.AsSpan((int)(offset - origin), destination.Length).CopyTo(destination);
        return true;
    }

    public override bool TryWrite(ulong offset, ReadOnlySpan<byte> source)
    {
        if (!Has(offset, source.Length))
        {
            return false;
        }

        source.CopyTo(_bytes.AsSpan((int)(offset - origin)));
        return true;
    }

    public override bool TryGetSpan(ulong offset, int length, out Span<byte> span)
    {
        var there = HasSpans && Has(offset, length);
        span = there ? _bytes.AsSpan((int)(offset - origin), length) : default;
        return there;
    }

    public override void Release(in PinnedRange range) => Pins--;

    private bool Has(ulong offset, int length)
        => offset - origin <= (ulong)(_bytes.Length - length) && offset + (ulong)length <= GoneFrom;
}
