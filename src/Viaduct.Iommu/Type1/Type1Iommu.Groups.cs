using Viaduct.Abi;

namespace Viaduct.Iommu;

public sealed partial class Type1Iommu
{
    /// <inheritdoc/>
    public override SysResult AttachGroup(IommuGroup group)
    {
        // vfio_iommu_type1_attach_group
        if (_invalidVaddrs > 0)
        {
            return Errno.EBUSY;
        }

        if (_groups.Contains(group) || Conflicts(group.Unit))
        {
            return Errno.EINVAL;
        }

        var ranges = ValidRanges([.. _groups, group]);
        if (ranges.Count == 0)
        {
            return Errno.EINVAL;
        }

        if (!group.Unit.HasIsolatedMsi && !_options().AllowUnsafeInterrupts)
        {
            return Errno.EPERM;
        }

        _groups.Add(group);
        _validRanges = ranges;
        _pageSizes = PageSizes();
        group.AddressSpace = _space;
        return SysResult.Success;
    }

    /// <inheritdoc/>
    public override void DetachGroup(IommuGroup group)
    {
        if (!_groups.Remove(group))
        {
            return;
        }

        group.AddressSpace = null;
        _space.WaitForTransfers();
        if (_groups.Count == 0)
        {
            RemoveAll();
        }

        _validRanges = ValidRanges(_groups);
        _pageSizes = PageSizes();
    }

    /// <summary>What the groups leave to map, ascending: vfio_iommu_aper_resize and vfio_iommu_resv_exclude.</summary>
    private static List<VfioIovaRange> ValidRanges(List<IommuGroup> groups)
    {
        if (groups.Count == 0)
        {
            return [];
        }

        List<VfioIovaRange> ranges = [new() { Start = 0, End = groups.Min(group => group.Unit.ApertureLast) }];
        foreach (var region in groups.SelectMany(group => group.Unit.ReservedRegions).Where(IsExcluded))
        {
            ranges = [.. ranges.SelectMany(range => Exclude(range, region))];
        }

        return ranges;
    }

    private static bool IsExcluded(ReservedRegion region) => !region.IsRelaxable;

    private static IEnumerable<VfioIovaRange> Exclude(VfioIovaRange range, ReservedRegion region)
    {
        if (region.First > range.End || region.Last < range.Start)
        {
            yield return range;
            yield break;
        }

        if (region.First > range.Start)
        {
            yield return new VfioIovaRange { Start = range.Start, End = region.First - 1 };
        }

        if (region.Last < range.End)
        {
            yield return new VfioIovaRange { Start = region.Last + 1, End = range.End };
        }
    }

    /// <summary>A unit that cannot translate what is mapped: vfio_iommu_aper_conflict and
    /// vfio_iommu_resv_conflict.</summary>
    private bool Conflicts(IommuUnit unit)
    {
        if (_validRanges.Count == 0)
        {
            return false;
        }

        if (unit.ApertureLast < _validRanges[0].Start)
        {
            return true;
        }

        if (unit.ApertureLast != ulong.MaxValue
            && _mappings.TryFindOverlap(unit.ApertureLast + 1, ulong.MaxValue, out _))
        {
            return true;
        }

        foreach (var region in unit.ReservedRegions)
        {
            if (IsExcluded(region) && _mappings.TryFindOverlap(region.First, region.Last, out _))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>vfio_update_pgsize_bitmap: sizes below a CPU page count as a CPU page.</summary>
    private ulong PageSizes()
    {
        const ulong Pages = ulong.MaxValue << 12;
        var sizes = _groups.Aggregate(ulong.MaxValue, (common, group) => common & group.Unit.PageSizes);
        return (sizes & ~Pages) != 0 ? (sizes & Pages) | (1 << 12) : sizes;
    }
}
