using Viaduct.Memory;

namespace Viaduct.Devices.Tests.Infrastructure;

/// <summary>Memory that a test can look at. A hook sees every access, before it happens.</summary>
internal sealed class FakeMemory(int size) : MemorySource
{
    public byte[] Bytes { get; } = new byte[size];

    /// <summary>Offset, length, and whether it writes.</summary>
    public Action<ulong, int, bool>? Accessing { get; set; }

    public override bool TryRead(ulong offset, Span<byte> destination)
    {
        Accessing?.Invoke(offset, destination.Length, false);
        if (offset > (ulong)Bytes.Length || (ulong)destination.Length > (ulong)Bytes.Length - offset)
        {
            return false;
        }

        Bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
        return true;
    }

    public override bool TryWrite(ulong offset, ReadOnlySpan<byte> source)
    {
        Accessing?.Invoke(offset, source.Length, true);
        if (offset > (ulong)Bytes.Length || (ulong)source.Length > (ulong)Bytes.Length - offset)
        {
            return false;
        }

        source.CopyTo(Bytes.AsSpan((int)offset));
        return true;
    }
}
