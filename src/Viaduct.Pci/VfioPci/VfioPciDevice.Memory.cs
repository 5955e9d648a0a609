using Viaduct.Abi;
using Viaduct.Pci.Hardware;
using Viaduct.Vfio.Devices;

namespace Viaduct.Pci.VfioPci;

/// <content>What doors to other processes can spare their clients: BARs that are memory, doorbells that are eventfds.</content>
public sealed partial class VfioPciDevice
{
    /// <inheritdoc/>
    /// <remarks>Pages with MSI-X's table or pending bits are left out: the function answers there.</remarks>
    public override RegionMemory? GetRegionMemory(uint index)
    {
        if (FindBar(index) is not { Memory: { } memory } bar)
        {
            return null;
        }

        List<PciBarArea> areas = [.. memory.Areas];
        if (Function.Msix is { } msix)
        {
            if (msix.TableBar == bar.Index)
            {
                areas = Without(areas, msix.TableOffset, msix.TableSize);
            }

            if (msix.PendingBar == bar.Index)
            {
                areas = Without(areas, msix.PendingOffset, msix.PendingSize);
            }
        }

        return areas.Count == 0
            ? null
            : new RegionMemory(memory.File, [.. areas.Select(a => new VfioRegionSparseMmapArea { Offset = a.Offset, Size = a.Size })]);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<RegionDoorbell> GetRegionDoorbells(uint index)
        => FindBar(index) is { } bar ? [.. bar.Doorbells.Select(d => new RegionDoorbell(d.Offset, d.Size, d.DataMatch, d.Width, d.Value))] : [];

    /// <summary>What is left of areas without the pages of a range.</summary>
    private static List<PciBarArea> Without(List<PciBarArea> areas, ulong offset, ulong size)
    {
        var first = offset & ~(PageSize - 1);
        var end = (offset + size + (PageSize - 1)) & ~(PageSize - 1);
        List<PciBarArea> left = [];
        foreach (var area in areas)
        {
            var areaEnd = area.Offset + area.Size;
            if (area.Offset < first)
            {
                left.Add(new PciBarArea(area.Offset, Math.Min(areaEnd, first) - area.Offset));
            }

            if (areaEnd > end)
            {
                var start = Math.Max(area.Offset, end);
                left.Add(new PciBarArea(start, areaEnd - start));
            }
        }

        return left;
    }
}
