using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Memory;
using Viaduct.Vfio.Iommufd;

namespace Viaduct.Driver;

/// <summary>Maps memory of this process into an address space of the core's iommufd: devices reach it where it
/// is.</summary>
/// <param name="caller">Whose memory it is.</param>
/// <param name="iommufd">The iommufd.</param>
/// <param name="ioas">The address space.</param>
internal sealed class InProcessMapper(InProcessCaller caller, IommufdFile iommufd, uint ioas) : IDmaMapper
{
    private readonly Lock _lock = new();

    // Memory may be mapped at several addresses; it is known to the core once.
    private readonly Dictionary<MemoryMapping, (LocalRange Range, int Uses)> _known = [];
    private readonly Dictionary<ulong, MemoryMapping> _mapped = [];

    public void Map(ulong iova, MemoryMapping memory, DmaAccess access)
    {
        lock (_lock)
        {
            Know(memory);
            var map = new IommuIoasMap
            {
                Size = IommuIoasMap.StructSize,
                Flags = IoasMapper.ToFlags(access),
                IoasId = ioas,
                UserVa = memory.Address,
                Length = memory.Length,
                Iova = iova,
            };
            var result = caller.Ioctl(iommufd, IommufdIoctl.IOMMU_IOAS_MAP, ref map);
            if (result.IsError)
            {
                Forget(memory);
                throw DmaErrors.CannotMap("IOMMU_IOAS_MAP", result.Errno, iova, memory.Length, access, memlock: null);
            }

            _mapped.Add(iova, memory);
        }
    }

    public bool Unmap(ulong iova, ulong size)
    {
        lock (_lock)
        {
            var unmap = new IommuIoasUnmap
            {
                Size = IommuIoasUnmap.StructSize,
                IoasId = ioas,
                Iova = iova,
                Length = size,
            };
            if (caller.Ioctl(iommufd, IommufdIoctl.IOMMU_IOAS_UNMAP, ref unmap).IsError || unmap.Length != size
                || !_mapped.Remove(iova, out var memory))
            {
                return false;
            }

            Forget(memory);
            return true;
        }
    }

    private void Know(MemoryMapping memory) => _known[memory] = _known.TryGetValue(memory, out var known)
        ? (known.Range, known.Uses + 1)
        : (caller.LocalMemory.Register(memory, memory.IsWritable), 1);

    private void Forget(MemoryMapping memory)
    {
        var (range, uses) = _known[memory];
        if (uses > 1)
        {
            _known[memory] = (range, uses - 1);
            return;
        }

        _known.Remove(memory);
        range.Dispose();
    }
}
