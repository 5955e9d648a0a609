using System.Runtime.InteropServices;

namespace Viaduct.Memory;

/// <summary>
/// A range of this process that a <see cref="LocalMemory"/> knows. Offsets count from the range's first byte.
/// Disposing it takes it out of the client's address space, as munmap does: nobody can find or pin it any more, and what
/// is pinned stays usable until it is released. Then, and not before, the range lets go of its buffer; a range that is
/// never disposed keeps it.
/// </summary>
public sealed unsafe class LocalRange : MemorySource, IDisposable
{
    private readonly LocalMemory _owner;
    private readonly SafeBuffer _memory;
    private readonly byte* _start;

    // One for the registration, one for each pin, one for each of the client's own copies under way. At zero the buffer is
    // let go, and zero is final: nobody counts up from it.
    private int _references = 1;
    private int _disposed;

    internal LocalRange(LocalMemory owner, SafeBuffer memory, bool writable)
    {
        _owner = owner;
        _memory = memory;
        byte* start = null;
        memory.AcquirePointer(ref start);
        _start = start;
        Length = memory.ByteLength;
        IsWritable = writable;
    }

    /// <summary>The address of the first byte.</summary>
    public ulong First => (ulong)_start;

    /// <summary>The address of the last byte.</summary>
    public ulong Last => First + (Length - 1);

    /// <summary>Bytes; above zero.</summary>
    public ulong Length { get; }

    /// <summary>True where client and device may write.</summary>
    public bool IsWritable { get; }

    /// <inheritdoc/>
    /// <remarks>For those who hold a pin until the copy is done, as a DMA port does: counting once more here would cost as
    /// much as a small copy. After the last release it fails.</remarks>
    public override bool TryRead(ulong offset, Span<byte> destination)
    {
        if (!Holds(offset, destination.Length) || IsLetGo)
        {
            return false;
        }

        new ReadOnlySpan<byte>(_start + offset, destination.Length).CopyTo(destination);
        return true;
    }

    /// <inheritdoc/>
    /// <remarks>As for <see cref="TryRead"/>.</remarks>
    public override bool TryWrite(ulong offset, ReadOnlySpan<byte> source)
    {
        if (!IsWritable || !Holds(offset, source.Length) || IsLetGo)
        {
            return false;
        }

        source.CopyTo(new Span<byte>(_start + offset, source.Length));
        return true;
    }

    /// <summary>The bytes in place. A range that may not be written has none to give, because a span can be.</summary>
    /// <param name="offset">Bytes from the range's start.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="span">The bytes, good until <see cref="Release"/>: the caller holds a pin.</param>
    public override bool TryGetSpan(ulong offset, int length, out Span<byte> span)
    {
        if (!IsWritable || !Holds(offset, length) || IsLetGo)
        {
            span = default;
            return false;
        }

        span = new Span<byte>(_start + offset, length);
        return true;
    }

    /// <inheritdoc/>
    public override void Release(in PinnedRange range) => DropReference();

    /// <summary>Takes the range out of the client's address space. Any thread may call it, more than once too.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _owner.Remove(this);
            DropReference();
        }
    }

    /// <summary>Keeps the buffer alive. False once it has been let go.</summary>
    internal bool TryAddReference()
    {
        var seen = Volatile.Read(ref _references);
        while (seen != 0)
        {
            var before = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    /// <summary>Undoes <see cref="TryAddReference"/>.</summary>
    internal void DropReference()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            _memory.ReleasePointer();
        }
    }

    private bool IsLetGo => Volatile.Read(ref _references) == 0;

    private bool Holds(ulong offset, int length)
        => length >= 0 && offset <= Length && (ulong)length <= Length - offset;
}
