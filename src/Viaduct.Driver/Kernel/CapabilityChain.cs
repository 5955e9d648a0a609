namespace Viaduct.Driver;

/// <summary>
/// Reads the capability chain behind a VFIO structure (struct vfio_info_cap_header: id u16, version u16, next u32). The
/// chain is in this machine's byte order, as all of the uAPI is.
/// </summary>
internal static class CapabilityChain
{
    private const int HeaderSize = 8;

    /// <summary>The bytes from a capability's header to the end of the reply; empty where there is none.</summary>
    /// <param name="reply">The whole reply.</param>
    /// <param name="first">The offset of the first capability; 0 for none.</param>
    /// <param name="id">Which one.</param>
    internal static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> reply, uint first, ushort id)
    {
        // An entry has at least its header, so this many tell a loop.
        var left = reply.Length / HeaderSize;
        for (var offset = first; offset != 0 && offset <= reply.Length - HeaderSize && left-- > 0;)
        {
            var entry = reply[(int)offset..];
            if (BitConverter.ToUInt16(entry) == id)
            {
                return entry;
            }

            offset = BitConverter.ToUInt32(entry[4..]);
        }

        return [];
    }

    /// <summary>The array of (u64, u64) that follows a capability's header and its u32 count and u32 padding.</summary>
    /// <param name="entry">What <see cref="Find"/> found.</param>
    /// <param name="make">Makes an element from the pair.</param>
    internal static List<T> Pairs<T>(ReadOnlySpan<byte> entry, Func<ulong, ulong, T> make)
    {
        const int ArrayStart = HeaderSize + 8;
        const int PairSize = 16;
        List<T> pairs = [];
        if (entry.Length < ArrayStart)
        {
            return pairs;
        }

        var count = Math.Min(BitConverter.ToUInt32(entry[HeaderSize..]), (uint)(entry.Length - ArrayStart) / PairSize);
        for (var i = 0; i < count; i++)
        {
            var pair = entry[(ArrayStart + (i * PairSize))..];
            pairs.Add(make(BitConverter.ToUInt64(pair), BitConverter.ToUInt64(pair[8..])));
        }

        return pairs;
    }
}
