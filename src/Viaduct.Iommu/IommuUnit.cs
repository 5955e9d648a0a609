using Viaduct.Abi;
using Viaduct.Iommu.NoIommu;
using Viaduct.Iommu.SpaprTce;

namespace Viaduct.Iommu;

/// <summary>What an IOMMU can do, as the kernel's IOMMU driver reports it to VFIO.</summary>
public sealed record IommuUnit
{
    /// <summary>The last address that it translates; the first is 0.</summary>
    public required ulong ApertureLast { get; init; }

    /// <summary>No IOMMU: what drivers/iommu/iommufd/hwpt_noiommu.c keeps in its place, in AMD's format, which translates all 64 bits
    /// and knows each page size but 512 GiB.</summary>
    /// <param name="memory">What devices reach.</param>
    public static IommuUnit None(PhysicalMemory memory) => new()
    {
        ApertureLast = ulong.MaxValue,
        PageSizes = 0x000f_ff7f_ffff_f000,
        ReservedRegions = [],
        EnforcesCacheCoherency = false,
        RemapsInterrupts = false,
        PhysicalMemory = memory,
    };

    /// <summary>A bit for each page size, the smallest 4 KiB.</summary>
    public required ulong PageSizes { get; init; }

    /// <summary>Ranges that cannot be mapped, ascending: the MSI doorbells and firmware's.</summary>
    public required IReadOnlyList<ReservedRegion> ReservedRegions { get; init; }

    /// <summary>A device can raise no other device's interrupts; without it VFIO wants
    /// allow_unsafe_interrupts.</summary>
    public bool HasIsolatedMsi { get; init; } = true;

    /// <summary>It remaps interrupts, so that a device can have several MSI vectors: without, a PC gives it one.</summary>
    public bool RemapsInterrupts { get; init; } = true;

    /// <summary>The IOMMU can keep a device from bypassing the CPU's caches (VFIO_DMA_CC_IOMMU).</summary>
    public bool EnforcesCacheCoherency { get; init; } = true;

    /// <summary>Its page tables can remember which pages devices wrote (IOMMU_CAP_DIRTY_TRACKING).</summary>
    public bool TracksDirtyPages { get; init; }

    /// <summary>The memory that devices reach by its physical addresses, because there is no IOMMU before them; null where there
    /// is one. The rest of the unit is then the page table that iommufd keeps for itself.</summary>
    public PhysicalMemory? PhysicalMemory { get; init; }

    /// <summary>A POWER machine, whose windows and tables stand in for all that is said here; null elsewhere.</summary>
    public TcePlatform? TcePlatform { get; init; }

    /// <summary>Whose IOMMU it is, for IOMMU_GET_HW_INFO.</summary>
    public IommuHwInfoType HardwareType { get; init; }

    /// <summary>What IOMMU_GET_HW_INFO tells of it, in its vendor's layout.</summary>
    public ReadOnlyMemory<byte> HardwareInfo { get; init; }

    /// <summary>What that may cost.</summary>
    internal ByteBudget DirtyBudget { get; init; } = new(ByteBudget.Default);
}
