using Viaduct.Abi;

namespace Viaduct.Iommu.Iommufd;

/// <content>Physical addresses, for devices without an IOMMU.</content>
internal sealed partial class Ioas
{
    /// <summary>Where an address leads: what the first page table holds, which must be one that no IOMMU looks at.</summary>
    /// <param name="iova">The address.</param>
    /// <param name="length">Bytes of interest, above zero.</param>
    /// <param name="physical">The physical address.</param>
    /// <param name="contiguous">Bytes from there on that are contiguous and of one mapping, at most <paramref name="length"/>.</param>
    /// <returns>Zero; ENOENT; EOPNOTSUPP where no page table holds it, or an IOMMU's does; ENOMEM where there are no
    /// addresses left to give to it.</returns>
    public SysResult GetPhysicalAddress(ulong iova, ulong length, out ulong physical, out ulong contiguous)
    {
        physical = contiguous = 0;
        if (!_areas.TryFind(iova, out var entry))
        {
            return Errno.ENOENT;
        }

        var area = entry.Value;
        if (area.Pin is null || _domains[0].Unit.PhysicalMemory is not { } memory)
        {
            return Errno.EOPNOTSUPP;
        }

        // The last address of all is not left behind: a length of 2^64 - iova does not wrap.
        var rest = entry.Last - iova;
        var wanted = length - 1 < rest ? length : rest + 1;
        var address = area.Address + (iova - entry.First);
        if (area.Pages.ClientMemory is { } client
            && memory.TryGetRun(client, address, wanted, out physical, out contiguous))
        {
            return SysResult.Success;
        }

        if (!area.Pin.TryGetPhysicalAddress(memory, address, out physical))
        {
            return Errno.ENOMEM;
        }

        contiguous = wanted;
        return SysResult.Success;
    }
}
