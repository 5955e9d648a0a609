using Viaduct.Memory;

namespace Viaduct.Iommu;

/// <summary>The translations that a device's DMA goes through (the kernel's iommu_domain).</summary>
public sealed class IoAddressSpace
{
    private readonly Lock _lock = new();
    private readonly SortedList<ulong, (ulong Last, MemorySource Source, ulong Offset, DmaAccess Access)> _map = [];

    /// <summary>Adds a translation. The range (both ends belong to it) must be free.</summary>
    public void Map(ulong first, ulong last, MemorySource source, ulong offset, DmaAccess access)
    {
        lock (_lock)
        {
            _map.Add(first, (last, source, offset, access));
        }
    }

    /// <summary>Removes the translation that starts at <paramref name="first"/>.</summary>
    public void Unmap(ulong first)
    {
        lock (_lock)
        {
            _map.Remove(first);
        }
    }

    /// <summary>Looks an address up.</summary>
    public bool TryTranslate(ulong iova, DmaAccess access, out DmaTranslation translation)
    {
        lock (_lock)
        {
            foreach (var (first, entry) in _map)
            {
                if (iova >= first && iova <= entry.Last && (entry.Access & access) == access)
                {
                    translation = new(entry.Source, entry.Offset + (iova - first), entry.Last - iova + 1);
                    return true;
                }
            }
        }

        translation = default;
        return false;
    }
}
