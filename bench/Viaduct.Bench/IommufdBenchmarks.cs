using System.Runtime.InteropServices;
using Viaduct.Abi;
using Viaduct.Iommu.Iommufd;
using Viaduct.Vfio;

namespace Viaduct.Bench;

/// <summary>IOMMU_IOAS_MAP and IOMMU_IOAS_UNMAP, with one device attached.</summary>
public class IommufdBenchmarks : MapUnmapBenchmarks
{
    private readonly IommufdContext _context = VfioSystem.OpenIommufd().Context;
    private IommufdDevice? _device;
    private uint _ioas;

    protected override void Attach()
    {
        ref var alloc = ref MemoryMarshal.AsRef<IommuIoasAlloc>(Buffer.Span);
        alloc.Size = IommuIoasAlloc.StructSize;
        Expect(_context.Ioctl(Task, IommufdIoctl.IOMMU_IOAS_ALLOC, Buffer.Address));
        _ioas = alloc.OutIoasId;
        Expect(_context.Bind(Group, out _device));
        var table = _ioas;
        Expect(_device!.Attach(Task, ref table));
    }

    protected override void Detach()
    {
        _device?.Unbind();
        _context.Put();
    }

    protected override void Map(ulong iova)
    {
        ref var map = ref MemoryMarshal.AsRef<IommuIoasMap>(Buffer.Span);
        map.Size = IommuIoasMap.StructSize;
        map.Flags = IommuIoasMapFlags.IOMMU_IOAS_MAP_READABLE | IommuIoasMapFlags.IOMMU_IOAS_MAP_WRITEABLE
            | IommuIoasMapFlags.IOMMU_IOAS_MAP_FIXED_IOVA;
        map.IoasId = _ioas;
        map.Reserved = 0;
        map.UserVa = Buffer.Address + PageAt;
        map.Iova = iova;
        map.Length = IovaLayout.MappingSize;
        Expect(_context.Ioctl(Task, IommufdIoctl.IOMMU_IOAS_MAP, Buffer.Address));
    }

    protected override void Unmap(ulong iova)
    {
        ref var unmap = ref MemoryMarshal.AsRef<IommuIoasUnmap>(Buffer.Span[UnmapAt..]);
        unmap.Size = IommuIoasUnmap.StructSize;
        unmap.IoasId = _ioas;
        unmap.Iova = iova;
        unmap.Length = IovaLayout.MappingSize;
        Expect(_context.Ioctl(Task, IommufdIoctl.IOMMU_IOAS_UNMAP, Buffer.Address + UnmapAt));
    }
}
