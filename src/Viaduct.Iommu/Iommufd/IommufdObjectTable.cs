using System.Diagnostics.CodeAnalysis;

namespace Viaduct.Iommu.Iommufd;

/// <summary>The objects of an iommufd by id. A new one gets the lowest free id, from 1, as in the kernel's
/// xarray.</summary>
internal sealed class IommufdObjectTable
{
    /// <summary>More, and a hostile client could take all memory: the kernel charges objects to its cgroup.</summary>
    public const int MostObjects = 65536;

    private readonly PriorityQueue<uint, uint> _free = new();

    // By id, since ids are used again before new ones are.
    private IommufdObject?[] _objects = new IommufdObject?[16];
    private uint _next = 1;

    public int Count { get; private set; }

    public IEnumerable<IommufdObject> All => _objects.OfType<IommufdObject>();

    /// <summary>Adds an object and gives it its id.</summary>
    /// <returns>False where there are too many.</returns>
    public bool TryAdd(IommufdObject added)
    {
        if (Count >= MostObjects)
        {
            return false;
        }

        if (!_free.TryDequeue(out var id, out _))
        {
            id = _next++;
            if (id >= _objects.Length)
            {
                Array.Resize(ref _objects, _objects.Length * 2);
            }
        }

        added.Id = id;
        _objects[id] = added;
        Count++;
        return true;
    }

    public bool TryFind(uint id, [NotNullWhen(true)] out IommufdObject? found)
    {
        found = id < _objects.Length ? _objects[id] : null;
        return found is not null;
    }

    /// <summary>Takes an object out; its id is free again.</summary>
    public void Remove(IommufdObject removed)
    {
        _objects[removed.Id] = null;
        _free.Enqueue(removed.Id, removed.Id);
        Count--;
    }
}
