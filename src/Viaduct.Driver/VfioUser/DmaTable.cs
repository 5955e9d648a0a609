using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>
/// The memory that a server may reach by messages, by I/O address. Copies are made under the lock, so that nothing
/// touches memory that was taken out.
/// </summary>
internal sealed class DmaTable
{
    private readonly Lock _lock = new();

    // By first address; disjoint.
    private readonly SortedList<ulong, (MemoryMapping Memory, DmaAccess Access)> _entries = [];

    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    internal void Add(ulong iova, MemoryMapping memory, DmaAccess access)
    {
        lock (_lock)
        {
            _entries.Add(iova, (memory, memory.IsWritable ? access : access & ~DmaAccess.Write));
        }
    }

    internal void Remove(ulong iova)
    {
        lock (_lock)
        {
            _entries.Remove(iova);
        }
    }

    /// <summary>Copies memory out, over as many adjoining mappings as it takes.</summary>
    /// <returns>EFAULT where part of it may not be read.</returns>
    internal Errno Read(ulong iova, Span<byte> data)
    {
        lock (_lock)
        {
            while (!data.IsEmpty)
            {
                if (!TryFind(iova, data.Length, DmaAccess.Read, out var memory))
                {
                    return Errno.EFAULT;
                }

                memory.CopyTo(data);
                data = data[memory.Length..];
                iova = unchecked(iova + (ulong)memory.Length);
            }

            return Errno.None;
        }
    }

    /// <summary>Copies bytes into memory.</summary>
    /// <returns>EFAULT where part of it may not be written; what is before that part is.</returns>
    internal Errno Write(ulong iova, ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            while (!data.IsEmpty)
            {
                if (!TryFind(iova, data.Length, DmaAccess.Write, out var memory))
                {
                    return Errno.EFAULT;
                }

                data[..memory.Length].CopyTo(memory);
                data = data[memory.Length..];
                iova = unchecked(iova + (ulong)memory.Length);
            }

            return Errno.None;
        }
    }

    private bool TryFind(ulong iova, int length, DmaAccess access, out Span<byte> memory)
    {
        memory = default;
        var at = FindAtOrBelow(iova);
        if (at < 0)
        {
            return false;
        }

        var (mapping, allowed) = _entries.Values[at];
        var offset = iova - _entries.Keys[at];
        if (offset >= mapping.Length || !allowed.HasFlag(access))
        {
            return false;
        }

        memory = mapping.GetSpan((nuint)offset, (int)Math.Min((ulong)length, mapping.Length - offset));
        return true;
    }

    private int FindAtOrBelow(ulong iova)
    {
        int low = 0, high = _entries.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_entries.Keys[middle] <= iova)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }
}
