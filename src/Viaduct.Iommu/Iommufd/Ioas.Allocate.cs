using System.Numerics;
using Viaduct.Abi;

namespace Viaduct.Iommu.Iommufd;

/// <content>Finding room: iopt_alloc_iova.</content>
internal sealed partial class Ioas
{
    /// <summary>Neither the first page nor the last is given away.</summary>
    private const ulong LowestAutomatic = PageSize;
    private const ulong HighestAutomatic = ulong.MaxValue - PageSize;

    /// <summary>No more alignment than a huge page has.</summary>
    private const ulong HugePageSize = 2 << 20;

    private SysResult Allocate(ulong address, ulong length, out ulong iova)
    {
        iova = 0;
        if (length >= ulong.MaxValue / 2)
        {
            return Errno.EOVERFLOW;
        }

        var alignment = WantedAlignment(address, length);
        if (alignment < Alignment)
        {
            return Errno.EINVAL;
        }

        var inPage = address & (PageSize - 1);
        if (_allowed.Count == 0)
        {
            return TryPlace(LowestAutomatic, HighestAutomatic, alignment, inPage, length, out iova)
                ? SysResult.Success
                : Errno.ENOSPC;
        }

        for (var more = _allowed.TryFindOverlap(LowestAutomatic, HighestAutomatic, out var range); more;
            more = _allowed.TryFindAfter(range.First, out range))
        {
            var first = Math.Max(range.First, LowestAutomatic);
            var last = Math.Min(range.Last, HighestAutomatic);
            if (TryPlace(first, last, alignment, inPage, length, out iova))
            {
                return SysResult.Success;
            }
        }

        return Errno.ENOSPC;
    }

    /// <summary>What the address's own alignment allows of the length's, so that huge pages can map it.</summary>
    private static ulong WantedAlignment(ulong address, ulong length)
    {
        var alignment = BitOperations.RoundUpToPowerOf2(length);
        if (address != 0)
        {
            alignment = Math.Min(alignment, 1UL << BitOperations.TrailingZeroCount(address));
        }

        return Math.Min(alignment, HugePageSize);
    }

    /// <summary>The lowest place within a range that nothing else uses.</summary>
    private bool TryPlace(ulong first, ulong last, ulong alignment, ulong inPage, ulong length, out ulong iova)
    {
        for (iova = first; ;)
        {
            var aligned = (iova + (alignment - 1)) & ~(alignment - 1);
            if (aligned < iova)
            {
                return false;
            }

            iova = aligned | inPage;
            if (iova > last || last - iova < length - 1)
            {
                return false;
            }

            var end = iova + (length - 1);
            ulong blocked;
            if (TryFindReserved(iova, end, out var reserved))
            {
                blocked = reserved.Last;
            }
            else if (_areas.TryFindOverlap(iova, end, out var area))
            {
                blocked = area.Last;
            }
            else
            {
                return true;
            }

            if (blocked >= last)
            {
                return false;
            }

            iova = blocked + 1;
        }
    }
}
