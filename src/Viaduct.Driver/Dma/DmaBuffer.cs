using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>
/// Memory that a device can reach: unmanaged, so the garbage collector neither moves nor counts it, and pinned by the
/// kernel. Disposing takes it away from the device first and frees it then: stop the device's use of it before. Spans
/// taken from a buffer must not be used once it is disposed.
/// </summary>
public sealed class DmaBuffer : IDisposable
{
    private readonly DmaSpace _space;
    private readonly bool _ownsMemory;
    private MappedMemoryManager? _manager;
    private int _disposed;

    internal DmaBuffer(DmaSpace space, MemoryMapping memory, bool ownsMemory, ulong iova)
    {
        _space = space;
        _ownsMemory = ownsMemory;
        Mapping = memory;
        Words = new MappedRegion(memory, 0, ownsMapping: false);
        Iova = iova;
    }

    /// <summary>The address that the device uses for the first byte.</summary>
    public ulong Iova { get; }

    /// <summary>Bytes; what was asked for, rounded up to whole pages.</summary>
    public ulong Size => Mapping.Length;

    /// <summary>The memory's mapping in this process.</summary>
    public MemoryMapping Mapping { get; }

    /// <summary>The memory word by word, for what the device reads or writes meanwhile (descriptors, completion
    /// queues): each access is made, once, in order, at its width. Spans promise none of that.</summary>
    public MappedRegion Words { get; }

    /// <summary>All of the memory.</summary>
    /// <exception cref="InvalidOperationException">It is 2 GiB or more: use <see cref="GetSpan"/>.</exception>
    /// <exception cref="ObjectDisposedException">It is freed.</exception>
    public Span<byte> Span => Size <= int.MaxValue
        ? GetSpan(0, (int)Size)
        : throw new InvalidOperationException($"A span cannot hold {Size} bytes: use GetSpan(offset, length).");

    /// <summary>All of the memory, for streams and sockets.</summary>
    /// <exception cref="InvalidOperationException">It is 2 GiB or more.</exception>
    /// <exception cref="ObjectDisposedException">It is freed.</exception>
    public Memory<byte> Memory
    {
        get
        {
            _ = Span;
            return (_manager ??= new MappedMemoryManager(Mapping)).Memory;
        }
    }

    /// <summary>Part of the memory.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not inside the buffer.</exception>
    /// <exception cref="ObjectDisposedException">It is freed.</exception>
    public Span<byte> GetSpan(ulong offset, int length) => Mapping.GetSpan((nuint)offset, length);

    /// <summary>The device's address of a byte.</summary>
    /// <param name="offset">0 to <see cref="Size"/>; the end may be named.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not inside the buffer.</exception>
    public ulong IovaOf(ulong offset)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Size);
        return unchecked(Iova + offset);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _space.Release(this);
        Words.Dispose();
        if (_ownsMemory)
        {
            Mapping.Dispose();
        }
    }
}
