using System.Runtime.InteropServices;

namespace Viaduct.Memory;

/// <summary>
/// Page-aligned memory of this process, zeroed, outside the garbage collector's reach: what a driver in process hands
/// to its device. It is freed when the owner has disposed it and no <see cref="LocalRange"/> holds it any more.
/// </summary>
public sealed unsafe class LocalBuffer : SafeBuffer
{
    /// <summary>The buffer's alignment in bytes: one page.</summary>
    public const int Alignment = 4096;

    private readonly int _size;

    /// <summary>Allocates.</summary>
    /// <param name="size">Bytes, above zero; rounded up to whole pages.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not in 1..2^31-4096.</exception>
    /// <exception cref="OutOfMemoryException">There is not so much memory.</exception>
    public LocalBuffer(int size)
        : base(ownsHandle: true)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, int.MaxValue & ~(Alignment - 1));
        _size = (size + (Alignment - 1)) & ~(Alignment - 1);
        var memory = NativeMemory.AlignedAlloc((nuint)_size, Alignment);
        NativeMemory.Clear(memory, (nuint)_size);
        SetHandle((nint)memory);
        Initialize((ulong)_size);
    }

    /// <summary>The first byte's address: a multiple of <see cref="Alignment"/>.</summary>
    public ulong Address => (ulong)handle;

    /// <summary>Bytes: a multiple of <see cref="Alignment"/>.</summary>
    public int Size => _size;

    /// <summary>The bytes. The span must not be used after <see cref="SafeHandle.Dispose()"/>.</summary>
    /// <exception cref="ObjectDisposedException">The owner has disposed the buffer.</exception>
    public Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return new Span<byte>((void*)handle, _size);
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
