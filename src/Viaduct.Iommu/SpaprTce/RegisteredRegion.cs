using Viaduct.Memory;

namespace Viaduct.Iommu.SpaprTce;

/// <summary>A range of a client's memory that it may map for DMA: struct mm_iommu_table_group_mem_t.</summary>
public sealed class RegisteredRegion
{
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

    /// <summary>Holds all of a range.</summary>
    public bool Contains(ulong address, ulong size)
        => address >= Address && address - Address <= Size && size <= Size - (address - Address);
}
