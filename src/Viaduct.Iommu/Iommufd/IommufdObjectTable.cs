using System.Diagnostics.CodeAnalysis;

namespace Viaduct.Iommu.Iommufd;

/// <summary>The objects of an iommufd by id. A new one gets the lowest free id, from 1, as in the kernel's
/// xarray.</summary>
internal sealed class IommufdObjectTable
{
    /// <summary>More, and a hostile client could take all memory: the kernel charges objects to its cgroup.</summary>
    public const int MostObjects = 65536;

    private readonly Dictionary<uint, IommufdObject> _objects = [];
    private readonly PriorityQueue<uint, uint> _free = new();
    private uint _next = 1;

    public int Count => _objects.Count;

    public IReadOnlyCollection<IommufdObject> All => _objects.Values;

    /// <summary>Adds an object and gives it its id.</summary>
    /// <returns>False where there are too many.</returns>
    public bool TryAdd(IommufdObject added)
    {
        if (_objects.Count >= MostObjects)
        {
            return false;
        }

        if (!_free.TryDequeue(out var id, out _))
        {
            id = _next++;
        }

        added.Id = id;
        _objects.Add(id, added);
        return true;
    }

    public bool TryFind(uint id, [NotNullWhen(true)] out IommufdObject? found) => _objects.TryGetValue(id, out found);

    /// <summary>Takes an object out; its id is free again.</summary>
    public void Remove(IommufdObject removed)
    {
        _objects.Remove(removed.Id);
        _free.Enqueue(removed.Id, removed.Id);
    }
}
