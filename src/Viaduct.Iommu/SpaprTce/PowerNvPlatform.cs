using System.Numerics;
using Viaduct.Abi;

namespace Viaduct.Iommu.SpaprTce;

/// <summary>
/// Bare metal with an IODA2 host bridge (arch/powerpc/platforms/powernv/pci-ioda.c, pci-ioda-tce.c): two windows, one at 0 and one at 2^59, with
/// tables of one to five levels in the kernel's own memory, which groups may share.
/// </summary>
/// <param name="kernelPageShift">log2 of the kernel's pages, 12 or 16.</param>
public sealed class PowerNvPlatform(int kernelPageShift) : TcePlatform(kernelPageShift)
{
    private const ulong DynamicStart = 1UL << 59;

    // The most that the kernel's page allocator has in one piece: MAX_PAGE_ORDER.
    private const int MaxTableShift = 24;

    // A table that a bridge can hold: pnv_pci_ioda2_table_alloc_pages.
    private const int MaxAddressBits = 55;

    /// <inheritdoc/>
    public override uint DefaultSize => 0x8000_0000;

    /// <inheritdoc/>
    public override ulong PageSizes => 0x4021_1000; // 4 KiB, 64 KiB, 2 MiB, 1 GiB: POWER9

    /// <inheritdoc/>
    public override uint MaxDynamicWindows => 2;

    /// <inheritdoc/>
    public override uint MaxLevels => 5;

    /// <inheritdoc/>
    public override bool HasEeh => true;

    /// <summary>pnv_pci_ioda2_get_table_size, in its unsigned arithmetic: a window much smaller than its pages comes to nothing.</summary>
    internal override ulong TableBytes(int pageShift, ulong windowSize, uint levels)
    {
        if (levels == 0 || levels > MaxLevels || !BitOperations.IsPow2(windowSize))
        {
            return 0;
        }

        var entriesShift = EntriesShift(pageShift, windowSize);
        var levelBytes = PowerOfTwo(LevelShift(entriesShift, levels));
        if (levelBytes == 0)
        {
            return 0;
        }

        var bytes = 0UL;
        var tableBytes = Math.Max(0x1000, PowerOfTwo(entriesShift + 3));
        for (var level = levels; level > 0; level--)
        {
            bytes += (tableBytes + levelBytes - 1) & ~(levelBytes - 1);
            tableBytes = Math.Max(tableBytes / levelBytes << 3, levelBytes);
        }

        // One for the hardware, one with the client's addresses.
        return bytes + bytes;
    }

    /// <summary>pnv_pci_ioda2_table_alloc_pages.</summary>
    internal override SysResult CreateWindow(
        TceTableGroup group, int number, int pageShift, ulong windowSize, uint levels, out TceWindow window)
    {
        window = default;
        var entriesShift = EntriesShift(pageShift, windowSize);
        var levelShift = LevelShift(entriesShift, levels);
        if (((levelShift - 3) * levels) + (uint)pageShift >= MaxAddressBits)
        {
            return Errno.EINVAL;
        }

        if (levelShift > MaxTableShift)
        {
            return Errno.ENOMEM;
        }

        // A table is a page of the kernel's at least, and all of it is the window.
        var tableBytes = PowerOfTwo(Math.Max(entriesShift + 3, (uint)KernelPageShift));
        window = new TceWindow(pageShift, number == 0 ? DefaultStart : DynamicStart, tableBytes / sizeof(ulong))
        {
            Levels = levels,
            TableBytes = TableBytes(pageShift, windowSize, levels),
        };
        return SysResult.Success;
    }

    /// <inheritdoc/>
    internal override SysResult SetWindow(TceTableGroup group, int number, TceTable table)
    {
        group.Set(number, table);
        return SysResult.Success;
    }

    /// <inheritdoc/>
    internal override void UnsetWindow(TceTableGroup group, int number) => group.Set(number, null);

    /// <inheritdoc/>
    internal override void TakeOwnership(TceTableGroup group)
    {
        for (var number = 0; number < group.Tables.Count; number++)
        {
            group.Set(number, null);
        }
    }

    private static uint EntriesShift(int pageShift, ulong windowSize) => (uint)BitOperations.Log2(windowSize) - (uint)pageShift;

    /// <summary>POWER's shift: by seven bits of the count, to nothing from 64 on.</summary>
    private static ulong PowerOfTwo(uint shift) => (shift & 0x40) != 0 ? 0 : 1UL << (int)(shift & 0x3f);

    /// <summary>log2 of the bytes of a level's table: a page at least.</summary>
    private uint LevelShift(uint entriesShift, uint levels)
        => Math.Max(((entriesShift + levels - 1) / levels) + 3, (uint)KernelPageShift);
}
