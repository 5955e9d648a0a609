using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>Maps memory into a type1 container.</summary>
internal sealed class Type1Mapper(FileDescriptorHandle container) : IDmaMapper
{
    public void Map(ulong iova, MemoryMapping memory, DmaAccess access)
    {
        var map = new VfioIommuType1DmaMap
        {
            ArgSz = VfioIommuType1DmaMap.StructSize,
            Flags = ToFlags(access),
            Vaddr = memory.Address,
            Iova = iova,
            Size = memory.Length,
        };
        var result = FileCalls.Ioctl(container, VfioIoctl.VFIO_IOMMU_MAP_DMA, ref map);
        if (result.IsError)
        {
            throw DmaErrors.CannotMap(
                "VFIO_IOMMU_MAP_DMA", result.Errno, iova, memory.Length, access, Sysfs.LockedMemoryLimit());
        }
    }

    public bool Unmap(ulong iova, ulong size)
    {
        var unmap = new VfioIommuType1DmaUnmap
        {
            ArgSz = VfioIommuType1DmaUnmap.StructSize,
            Iova = iova,
            Size = size,
        };

        // The kernel says in the structure how much it unmapped, and calls nothing at all a success.
        return !FileCalls.Ioctl(container, VfioIoctl.VFIO_IOMMU_UNMAP_DMA, ref unmap).IsError && unmap.Size == size;
    }

    private static VfioDmaMapFlags ToFlags(DmaAccess access) =>
        (access.HasFlag(DmaAccess.Read) ? VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_READ : VfioDmaMapFlags.None)
        | (access.HasFlag(DmaAccess.Write) ? VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_WRITE : VfioDmaMapFlags.None);
}
