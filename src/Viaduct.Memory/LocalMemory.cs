using System.Runtime.InteropServices;
using Viaduct.Abi;

namespace Viaduct.Memory;

/// <summary>
/// The address space of a client that lives in our own process: the in-process door. Addresses are this process's own, and
/// only those inside a registered range exist; every other one is EFAULT, whatever may be there. Reading takes no lock:
/// ranges are published as immutable snapshots.
/// </summary>
/// <remarks>
/// Copies may cross from one range into the next if they adjoin. A <see cref="Pin"/> may not: it has one
/// <see cref="MemorySource"/>, so what is to be mapped for DMA at once is registered at once.
/// </remarks>
public sealed class LocalMemory : ClientMemory
{
    private readonly Lock _lock = new();

    // Ascending and disjoint. Replaced under the lock, never changed.
    private volatile LocalRange[] _ranges = [];

    /// <summary>Makes a buffer part of the client's address space until the range is disposed.</summary>
    /// <param name="memory">The buffer, which stays the caller's: it may be disposed at once, and is freed when the range, too,
    /// has let go.</param>
    /// <param name="writable">False: writing is EFAULT, to the client's own calls and to a device.</param>
    /// <exception cref="ArgumentException">The buffer is empty, or overlaps a registered range.</exception>
    /// <exception cref="ObjectDisposedException">The buffer has been disposed.</exception>
    public LocalRange Register(SafeBuffer memory, bool writable = true)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (memory.ByteLength == 0)
        {
            throw new ArgumentException("The buffer has no bytes.", nameof(memory));
        }

        var range = new LocalRange(this, memory, writable);
        if (!TryAdd(range))
        {
            range.Dispose();
            throw new ArgumentException("The buffer overlaps a registered range.", nameof(memory));
        }

        return range;
    }

    /// <inheritdoc/>
    public override bool TryRead(ulong address, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            if (Find(address) is not { } range || !range.TryAddReference())
            {
                return false;
            }

            var part = (int)Math.Min((ulong)destination.Length, range.Last - address + 1);
            var copied = range.TryRead(address - range.First, destination[..part]);
            range.DropReference();
            if (!copied)
            {
                return false;
            }

            destination = destination[part..];
            address += (ulong)part;
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool TryWrite(ulong address, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            if (Find(address) is not { } range || !range.TryAddReference())
            {
                return false;
            }

            var part = (int)Math.Min((ulong)source.Length, range.Last - address + 1);
            var copied = range.TryWrite(address - range.First, source[..part]);
            range.DropReference();
            if (!copied)
            {
                return false;
            }

            source = source[part..];
            address += (ulong)part;
        }

        return true;
    }

    /// <inheritdoc/>
    public override SysResult Pin(ulong address, ulong size, bool writable, out PinnedRange pinned)
    {
        pinned = default;
        if (Find(address) is not { } range || (writable && !range.IsWritable) || !range.TryAddReference())
        {
            return Errno.EFAULT;
        }

        var available = range.Last - address + 1;
        if (size <= available)
        {
            pinned = new PinnedRange(range, address - range.First, size / LocalBuffer.Alignment);
            return SysResult.Success;
        }

        range.DropReference();
        pinned = new PinnedRange(null, 0, available / LocalBuffer.Alignment);
        return Errno.EFAULT;
    }

    /// <summary>Takes a range out; nothing happens where it is not in.</summary>
    internal void Remove(LocalRange range)
    {
        lock (_lock)
        {
            _ranges = Array.FindAll(_ranges, other => !ReferenceEquals(other, range));
        }
    }

    private bool TryAdd(LocalRange range)
    {
        lock (_lock)
        {
            var ranges = _ranges;
            var at = FirstEndingAtOrAfter(ranges, range.First);
            if (at < ranges.Length && ranges[at].First <= range.Last)
            {
                return false;
            }

            _ranges = [.. ranges.AsSpan(0, at), range, .. ranges.AsSpan(at)];
            return true;
        }
    }

    private LocalRange? Find(ulong address)
    {
        var ranges = _ranges;
        var at = FirstEndingAtOrAfter(ranges, address);
        return at < ranges.Length && ranges[at].First <= address ? ranges[at] : null;
    }

    private static int FirstEndingAtOrAfter(LocalRange[] ranges, ulong address)
    {
        var low = 0;
        var high = ranges.Length;
        while (low < high)
        {
            var middle = (int)(((uint)low + (uint)high) / 2);
            if (ranges[middle].Last < address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
