using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>How DMA memory is made and where the device sees it.</summary>
public sealed record DmaOptions
{
    /// <summary>What the device may do with it.</summary>
    public DmaAccess Access { get; init; } = DmaAccess.ReadWrite;

    /// <summary>How many address bits the device has, 1 to 64: the buffer's last IOVA stays below 1 &lt;&lt;
    /// this.</summary>
    public int AddressBits { get; init; } = 64;

    /// <summary>The IOVA's alignment in bytes, a power of two; 0 for the page size.</summary>
    public ulong Alignment { get; init; }

    /// <summary>The pages to make the memory of; the size is rounded up to them.</summary>
    public HugePageSize HugePages { get; init; }

    /// <summary>The IOVA to use instead of a free one; page aligned.</summary>
    public ulong? Iova { get; init; }

    internal static DmaOptions Default { get; } = new();

    internal ulong LastAddress => AddressBits switch
    {
        64 => ulong.MaxValue,
        >= 1 and < 64 => (1UL << AddressBits) - 1,
        _ => throw new ArgumentOutOfRangeException(
            nameof(AddressBits), AddressBits, "A device has 1 to 64 address bits."),
    };
}
