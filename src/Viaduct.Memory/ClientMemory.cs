using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Viaduct.Abi;

namespace Viaduct.Memory;

/// <summary>
/// A client's address space (the kernel's mm_struct). One object per address space, however many threads use it, so
/// that reference equality is identity of the mm.
/// </summary>
public abstract class ClientMemory
{
    /// <summary>What of this address space is locked for DMA.</summary>
    public LockedMemory Locked { get; } = new();

    private readonly Lock _endLock = new();
    private List<Action<ClientMemory>>? _onEnd;
    private bool _hasEnded;

    /// <summary>Wants to hear when the address space goes: its process ends, or executes another program. Called once, on the
    /// thread that ends it, when nothing can be reached any more.</summary>
    /// <returns>False where it has gone.</returns>
    public bool TryNotifyEnd(Action<ClientMemory> onEnd)
    {
        lock (_endLock)
        {
            if (_hasEnded)
            {
                return false;
            }

            (_onEnd ??= []).Add(onEnd);
            return true;
        }
    }

    /// <summary>copy_from_user. False means EFAULT.</summary>
    public abstract bool TryRead(ulong address, Span<byte> destination);

    /// <summary>copy_to_user. False means EFAULT; bytes before the bad one may have been written.</summary>
    public abstract bool TryWrite(ulong address, ReadOnlySpan<byte> source);

    /// <summary>Holds a page-aligned range for DMA.</summary>
    /// <param name="address">The first byte; a multiple of 4 KiB.</param>
    /// <param name="size">Bytes; a multiple of 4 KiB, above zero, and not wrapping.</param>
    /// <param name="writable">The device will write: a mapping that the client could not write is EFAULT.</param>
    /// <param name="pinned">The range, or how far it came (see <see cref="PinnedRange.LockedPages"/>).</param>
    /// <returns>Zero or EFAULT.</returns>
    public abstract SysResult Pin(ulong address, ulong size, bool writable, out PinnedRange pinned);

    /// <summary>copy_from_user of one structure.</summary>
    public bool TryRead<T>(ulong address, out T value)
        where T : unmanaged
    {
        Unsafe.SkipInit(out value);
        return TryRead(address, MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }

    /// <summary>copy_to_user of one structure.</summary>
    public bool TryWrite<T>(ulong address, in T value)
        where T : unmanaged
        => TryWrite(address, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    /// <summary>The address space has gone.</summary>
    protected void NotifyEnd()
    {
        List<Action<ClientMemory>>? listeners;
        lock (_endLock)
        {
            _hasEnded = true;
            (listeners, _onEnd) = (_onEnd, null);
        }

        foreach (var listener in listeners ?? [])
        {
            listener(this);
        }
    }

    /// <summary>copy_from_user of the first bytes of a structure; the rest stays zero.</summary>
    /// <param name="address">The client's structure.</param>
    /// <param name="length">How many bytes to copy: at most the structure's size.</param>
    /// <param name="value">The copy.</param>
    public bool TryReadPrefix<T>(ulong address, int length, out T value)
        where T : unmanaged
    {
        value = default;
        return TryRead(address, MemoryMarshal.AsBytes(new Span<T>(ref value))[..length]);
    }

    /// <summary>copy_to_user of the first bytes of a structure.</summary>
    public bool TryWritePrefix<T>(ulong address, int length, in T value)
        where T : unmanaged
        => TryWrite(address, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value))[..length]);
}
