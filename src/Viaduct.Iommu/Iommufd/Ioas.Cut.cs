using Viaduct.Abi;

namespace Viaduct.Iommu.Iommufd;

/// <content>Cutting mappings, for clients of type1: iopt_cut_iova.</content>
internal sealed partial class Ioas
{
    /// <summary>Makes an address the last one of its mapping; what is above it becomes a mapping of its own.</summary>
    /// <returns>Zero, also where nothing is mapped there or it is the first or last address already; EINVAL where the cut
    /// would not be at a page's end.</returns>
    public SysResult Cut(ulong iova)
    {
        if (!_areas.TryFind(iova, out var entry) || iova == entry.First || iova == entry.Last)
        {
            return SysResult.Success;
        }

        var at = iova + 1;
        var area = entry.Value;
        var upper = area with { Address = area.Address + (at - entry.First) };
        if (((at | upper.Address) & (Alignment - 1)) != 0 || (area.Pin is not null && HasLargePages))
        {
            return Errno.EINVAL;
        }

        area.Pages.Get();
        area.Pin?.Get();
        _areas.TrySplit(at, upper);
        if (area.Pin is not null)
        {
            Space.Split(at);
        }

        return SysResult.Success;
    }
}
