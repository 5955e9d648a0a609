using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Tests;

/// <summary>An address space in which every address is good memory; holds one call's argument.</summary>
internal sealed class EndlessMemory : ClientMemory
{
    private readonly FakeSource _source = new(new byte[4096], 0);
    private VfioIommuType1DmaMap _map;
    private VfioIommuType1DmaUnmap _unmap;

    public Errno Map(Type1Iommu iommu, ClientTask task, ulong iova, ulong size)
    {
        _map = new VfioIommuType1DmaMap { ArgSz = 32, Flags = Type1Rig.ReadWrite, Iova = iova, Vaddr = 0, Size = size };
        return iommu.Ioctl(task, VfioIoctl.VFIO_IOMMU_MAP_DMA, 32).Errno;
    }

    public Errno Unmap(Type1Iommu iommu, ClientTask task, ulong iova, ulong size)
    {
        _unmap = new VfioIommuType1DmaUnmap { ArgSz = 24, Iova = iova, Size = size };
        return iommu.Ioctl(task, VfioIoctl.VFIO_IOMMU_UNMAP_DMA, 24).Errno;
    }

    public override bool TryRead(ulong address, Span<byte> destination)
    {
        if (destination.Length == 32)
        {
            StructBytes.Write(destination, _map);
        }
        else
        {
            StructBytes.Write(destination, _unmap);
        }

        return true;
    }

    public override bool TryWrite(ulong address, ReadOnlySpan<byte> source) => true;

    public override SysResult Pin(ulong address, ulong size, bool writable, out PinnedRange pinned)
    {
        pinned = new PinnedRange(_source, address, size / 4096);
        return SysResult.Success;
    }
}
