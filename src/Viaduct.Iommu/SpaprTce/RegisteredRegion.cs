using Viaduct.Memory;

namespace Viaduct.Iommu.SpaprTce;

/// <summary>A range of a client's memory that it may map for DMA: struct mm_iommu_table_group_mem_t.</summary>
public sealed class RegisteredRegion
{
    private volatile bool _isGoing;

    internal RegisteredRegion(ulong address, ulong size, int pageShift, in PinnedRange pinned)
    {
        Address = address;
        Size = size;
        PageShift = pageShift;
        Pinned = pinned;
    }

    /// <summary>The client's address of its first byte.</summary>
    public ulong Address { get; }

    /// <summary>Bytes.</summary>
    public ulong Size { get; }

    /// <summary>log2 of the largest page that may be mapped into it.</summary>
    public int PageShift { get; }

    /// <summary>Where the bytes are.</summary>
    internal PinnedRange Pinned { get; }

    /// <summary>Who holds it. Under <see cref="RegisteredMemory"/>'s lock.</summary>
    internal int Users { get; set; } = 1;

    /// <summary>It is being taken away, and nothing of it may be mapped any more.</summary>
    public bool IsGoing
    {
        get => _isGoing;
        internal set => _isGoing = value;
    }

    /// <summary>The bytes in place, where the memory is mapped into this process. Good as long as the caller's <see cref="LookupMark"/>,
    /// which <see cref="RegisteredMemory"/> knows, is entered.</summary>
    /// <param name="address">The client's address of the first one.</param>
    /// <param name="length">How many; the region holds them.</param>
    /// <param name="bytes">The bytes.</param>
    public bool TryGetSpan(ulong address, int length, out Span<byte> bytes)
        => Pinned.Source!.TryGetSpan(Pinned.Offset + (address - Address), length, out bytes);

    /// <summary>Holds all of a range.</summary>
    public bool Contains(ulong address, ulong size)
        => address >= Address && address - Address <= Size && size <= Size - (address - Address);
}
