using Viaduct.Abi;
using Viaduct.Iommu.SpaprTce;
using Viaduct.Memory;
using Viaduct.Vfio.Containers;

namespace Viaduct.Kvm;

/// <summary>A VFIO container of the VMM's: VFIO_IOMMU_MAP_DMA and VFIO_IOMMU_UNMAP_DMA, with the structs where the ioctls have copied them to.</summary>
/// <param name="container">A container with an sPAPR TCE back-end.</param>
/// <param name="task">The VMM.</param>
internal sealed class VmmContainer(Container container, ClientTask task)
{
    public SysResult Map(ulong iova, ulong address, ulong size, ulong permissions)
    {
        var map = new VfioIommuType1DmaMap
        {
            ArgSz = VfioIommuType1DmaMap.MinSize,
            Flags = ((permissions & Tce.Read) != 0 ? VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_READ : VfioDmaMapFlags.None)
                | ((permissions & Tce.Write) != 0 ? VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_WRITE : VfioDmaMapFlags.None),
            Vaddr = address,
            Iova = iova,
            Size = size,
        };
        lock (container.Gate)
        {
            return container.Backend is SpaprTceIommu iommu ? iommu.MapDma(task, map) : Errno.EINVAL;
        }
    }

    public SysResult Unmap(ulong iova, ulong size)
    {
        var unmap = new VfioIommuType1DmaUnmap { ArgSz = VfioIommuType1DmaUnmap.MinSize, Iova = iova, Size = size };
        lock (container.Gate)
        {
            return container.Backend is SpaprTceIommu iommu ? iommu.UnmapDma(task, unmap) : Errno.EINVAL;
        }
    }
}
