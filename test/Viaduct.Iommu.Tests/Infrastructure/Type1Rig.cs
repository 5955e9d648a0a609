using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

/// <summary>A type1 container with one group, and a client of 64 pages whose first holds the arguments of its
/// calls.</summary>
internal sealed class Type1Rig
{
    public const ulong Argument = FakeMemory.Base;
    public const ulong PageSize = FakeMemory.PageSize;
    public const VfioDmaMapFlags ReadWrite
        = VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_READ | VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_WRITE;

    /// <summary>An Intel IOMMU of 48 bits, as on a PC.</summary>
    public static readonly IommuUnit Unit = new()
    {
        ApertureLast = (1UL << 48) - 1,
        PageSizes = 0x40201000,
        ReservedRegions = [new ReservedRegion(0xfee00000, 0xfeefffff, "msi")],
    };

    public Type1Rig(bool isV2 = true, Type1Options? options = null, IommuUnit? unit = null)
    {
        Task = new FakeTask(Memory);
        Iommu = new Type1Iommu(isV2, options ?? new Type1Options());
        Group = new IommuGroup(1, unit ?? Unit);
        Attached = Iommu.AttachGroup(Group);
        Port = new DmaPort(Group) { BusMaster = true };
    }

    public FakeMemory Memory { get; } = new(64);

    public FakeTask Task { get; }

    public Type1Iommu Iommu { get; }

    public IommuGroup Group { get; }

    public SysResult Attached { get; }

    public DmaPort Port { get; }

    public Errno Map(ulong iova, ulong vaddr, ulong size, VfioDmaMapFlags flags = ReadWrite, uint argSz = 32)
        => Call(
            VfioIoctl.VFIO_IOMMU_MAP_DMA,
            new VfioIommuType1DmaMap { ArgSz = argSz, Flags = flags, Vaddr = vaddr, Iova = iova, Size = size });

    /// <summary>Maps pages of the client from page 1 on.</summary>
    public Errno MapPages(ulong iova, int pages, VfioDmaMapFlags flags = ReadWrite)
        => Map(iova, FakeMemory.Page(1), (ulong)pages * PageSize, flags);

    public Errno Unmap(ulong iova, ulong size, out ulong unmapped, VfioDmaUnmapFlags flags = 0, uint argSz = 24)
    {
        var error = Call(
            VfioIoctl.VFIO_IOMMU_UNMAP_DMA,
            new VfioIommuType1DmaUnmap { ArgSz = argSz, Flags = flags, Iova = iova, Size = size });
        Memory.TryRead<VfioIommuType1DmaUnmap>(Argument, out var unmap);
        unmapped = unmap.Size;
        return error;
    }

    /// <summary>VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP.</summary>
    public Errno UnmapDirty(ulong iova, ulong size, VfioBitmap bitmap, VfioDmaUnmapFlags flags = 0, uint argSz = 48)
    {
        Memory.TryWrite(Argument + 24, bitmap);
        return Unmap(iova, size, out _, flags | VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, argSz);
    }

    public Errno Dirty(VfioDirtyPagesFlags flags, VfioIommuType1DirtyBitmapGet range = default, uint argSz = 48)
    {
        Memory.TryWrite(Argument + 8, range);
        return Call(VfioIoctl.VFIO_IOMMU_DIRTY_PAGES, new VfioIommuType1DirtyBitmap { ArgSz = argSz, Flags = flags });
    }

    public Errno GetDirty(ulong iova, ulong size, ulong data, ulong bitmapSize, ulong pageSize = PageSize, uint argSz = 48)
        => Dirty(
            VfioDirtyPagesFlags.VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
            new VfioIommuType1DirtyBitmapGet
            {
                Iova = iova,
                Size = size,
                Bitmap = new VfioBitmap { Pgsize = pageSize, Size = bitmapSize, Data = data },
            },
            argSz);

    public Errno Call<T>(uint command, T argument)
        where T : unmanaged
    {
        Memory.TryWrite(Argument, argument);
        return Iommu.Ioctl(Task, command, Argument).Errno;
    }
}
