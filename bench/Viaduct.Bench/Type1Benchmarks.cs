using System.Runtime.InteropServices;
using Viaduct.Abi;
using Viaduct.Iommu;

namespace Viaduct.Bench;

/// <summary>VFIO_IOMMU_MAP_DMA and VFIO_IOMMU_UNMAP_DMA.</summary>
public class Type1Benchmarks : MapUnmapBenchmarks
{
    private readonly Lock _containersLock = new();
    private readonly Type1Iommu _iommu = new(isV2: true, new Type1Options());

    protected override void Attach() => Expect(_iommu.AttachGroup(Group));

    protected override void Detach()
    {
        _iommu.DetachGroup(Group);
        _iommu.Release();
    }

    protected override void Map(ulong iova)
    {
        ref var map = ref MemoryMarshal.AsRef<VfioIommuType1DmaMap>(Buffer.Span);
        map.ArgSz = VfioIommuType1DmaMap.StructSize;
        map.Flags = VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_READ | VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_WRITE;
        map.Vaddr = Buffer.Address + PageAt;
        map.Iova = iova;
        map.Size = IovaLayout.MappingSize;
        Expect(Ioctl(VfioIoctl.VFIO_IOMMU_MAP_DMA, Buffer.Address));
    }

    protected override void Unmap(ulong iova)
    {
        ref var unmap = ref MemoryMarshal.AsRef<VfioIommuType1DmaUnmap>(Buffer.Span[UnmapAt..]);
        unmap.ArgSz = VfioIommuType1DmaUnmap.StructSize;
        unmap.Flags = 0;
        unmap.Iova = iova;
        unmap.Size = IovaLayout.MappingSize;
        Expect(Ioctl(VfioIoctl.VFIO_IOMMU_UNMAP_DMA, Buffer.Address + UnmapAt));
        if (unmap.Size != IovaLayout.MappingSize)
        {
            throw new InvalidOperationException($"{unmap.Size} bytes were unmapped at {iova:x}");
        }
    }

    /// <summary>The container holds its lock around each call.</summary>
    private SysResult Ioctl(uint command, ulong argument)
    {
        lock (_containersLock)
        {
            return _iommu.Ioctl(Task, command, argument);
        }
    }
}
