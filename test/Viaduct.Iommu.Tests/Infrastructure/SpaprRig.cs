using Viaduct.Abi;
using Viaduct.Iommu.SpaprTce;

namespace Viaduct.Iommu.Tests;

/// <summary>An sPAPR container with one group, and a client of 64 pages whose first holds the arguments of its calls.</summary>
internal sealed class SpaprRig
{
    public const ulong Argument = FakeMemory.Base;
    public const ulong PageSize = FakeMemory.PageSize;
    public const ulong Dynamic = 1UL << 59;
    public const VfioDmaMapFlags ReadWrite = Type1Rig.ReadWrite;

    public SpaprRig(bool isV2 = true, TcePlatform? platform = null)
    {
        Platform = platform ?? new PseriesPlatform(12);
        Task = new FakeTask(Memory);
        Iommu = new SpaprTceIommu(isV2, Platform);
        Group = NewGroup(0);
        Attached = Iommu.AttachGroup(Group);
        Port = new DmaPort(Group) { BusMaster = true };
    }

    public TcePlatform Platform { get; }

    public FakeMemory Memory { get; } = new(64);

    public FakeTask Task { get; }

    public SpaprTceIommu Iommu { get; }

    public IommuGroup Group { get; }

    public SysResult Attached { get; }

    public DmaPort Port { get; }

    /// <summary>Pages of 4 KiB that count against the client's limit.</summary>
    public ulong Locked => Memory.Locked.Pages;

    public IommuGroup NewGroup(int id) => new(id, Type1Rig.Unit with { TcePlatform = Platform });

    public SysResult Register(int page, int pages, uint argSz = 24, uint flags = 0)
        => Call(VfioIoctl.VFIO_IOMMU_SPAPR_REGISTER_MEMORY, Range(page, pages, argSz, flags));

    public SysResult Unregister(int page, int pages)
        => Call(VfioIoctl.VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, Range(page, pages, 24, 0));

    public SysResult Map(ulong iova, int page, int pages, VfioDmaMapFlags flags = ReadWrite)
        => Call(
            VfioIoctl.VFIO_IOMMU_MAP_DMA,
            new VfioIommuType1DmaMap { ArgSz = 32, Flags = flags, Vaddr = FakeMemory.Page(page), Iova = iova, Size = (ulong)pages * PageSize });

    public SysResult Unmap(ulong iova, ulong size)
        => Call(VfioIoctl.VFIO_IOMMU_UNMAP_DMA, new VfioIommuType1DmaUnmap { ArgSz = 24, Iova = iova, Size = size });

    public SysResult Create(uint pageShift, ulong size, uint levels, out ulong start)
    {
        var result = Call(
            VfioIoctl.VFIO_IOMMU_SPAPR_TCE_CREATE,
            new VfioIommuSpaprTceCreate { ArgSz = 40, PageShift = pageShift, WindowSize = size, Levels = levels });
        Memory.TryRead<VfioIommuSpaprTceCreate>(Argument, out var create);
        start = create.StartAddr;
        return result;
    }

    public SysResult Remove(ulong start)
        => Call(VfioIoctl.VFIO_IOMMU_SPAPR_TCE_REMOVE, new VfioIommuSpaprTceRemove { ArgSz = 16, StartAddr = start });

    public SysResult Call(uint command) => Iommu.Ioctl(Task, command, 0);

    public SysResult Call<T>(uint command, T argument)
        where T : unmanaged
    {
        Memory.TryWrite(Argument, argument);
        return Iommu.Ioctl(Task, command, Argument);
    }

    /// <summary>The device reads a byte; null where that faults.</summary>
    public byte? Read(ulong address, DmaPort? port = null)
    {
        Span<byte> one = stackalloc byte[1];
        return (port ?? Port).Read(address, one).Status == DmaStatus.Ok ? one[0] : null;
    }

    /// <summary>Each page's first byte is its number.</summary>
    public void NumberPages()
    {
        for (var page = 1; page < 64; page++)
        {
            Memory.Bytes[page * (int)PageSize] = (byte)page;
        }
    }

    private static VfioIommuSpaprRegisterMemory Range(int page, int pages, uint argSz, uint flags)
        => new() { ArgSz = argSz, Flags = flags, Vaddr = FakeMemory.Page(page), Size = (ulong)pages * PageSize };
}
