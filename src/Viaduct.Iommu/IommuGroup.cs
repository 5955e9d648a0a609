using Viaduct.Iommu.Iommufd;
using Viaduct.Iommu.SpaprTce;

namespace Viaduct.Iommu;

/// <summary>
/// Devices that the IOMMU cannot tell apart: the unit of ownership. It carries the address space that its devices'
/// DMA goes through, which a <see cref="DmaPort"/> reads without a lock.
/// </summary>
/// <param name="id">The number under /sys/kernel/iommu_groups; zero or above.</param>
/// <param name="unit">The IOMMU that translates for the group.</param>
public sealed class IommuGroup(int id, IommuUnit unit)
{
    private volatile IoDomain? _domain = unit.PhysicalMemory?.Space.Untracked;

    /// <summary>The number under /sys/kernel/iommu_groups.</summary>
    public int Id { get; } = id;

    /// <summary>The IOMMU that translates for the group.</summary>
    public IommuUnit Unit { get; } = unit;

    /// <summary>The group's DMA windows on a POWER machine; null elsewhere.</summary>
    public TceTableGroup? TableGroup { get; } = unit.TcePlatform is { } platform ? new TceTableGroup(platform) : null;

    /// <summary>There is no IOMMU before the devices (VFIO_NO_IOMMU): their DMA goes to physical addresses, whoever has them.</summary>
    public bool IsNoIommu => Unit.PhysicalMemory is not null;

    /// <summary>Devices of the group that drivers of the host have: nobody else may own their DMA then. Under the VFIO core's
    /// lock.</summary>
    public int HostDriverCount { get; set; }

    /// <summary>A driver of the host has a device of the group.</summary>
    public bool HasHostDriver => HostDriverCount > 0;

    /// <summary>A container has claimed the group. Under the VFIO core's lock.</summary>
    public bool IsInContainer { get; set; }

    /// <summary>How the host's own drivers would map: what <c>type</c> in sysfs says.</summary>
    public string DefaultDomain { get; set; } = unit.PhysicalMemory is null && unit.TcePlatform is null ? "DMA" : "unknown";

    /// <summary>What <c>name</c> in sysfs says; null where there is none.</summary>
    public string? Name { get; init; } = unit.PhysicalMemory is null ? null : "vfio-noiommu";

    /// <summary>Where the devices' DMA goes; null while no back-end has the group: every access faults. Whoever takes
    /// it
    /// away calls <see cref="IoAddressSpace.WaitForTransfers"/> of the old one before its memory goes.</summary>
    public IoAddressSpace? AddressSpace
    {
        get => _domain?.Space;
        set => _domain = value?.Untracked;
    }

    /// <summary>The same, with who hears of what is written.</summary>
    internal IoDomain? Domain
    {
        get => _domain;
        set => _domain = value;
    }

    /// <summary>iommu_group_dma_owner_claimed, by a host's driver or an iommufd. Under the VFIO core's lock.</summary>
    public bool IsClaimed => HasHostDriver || Owner is not null;

    /// <summary>An iommufd has claimed the group. Under the VFIO core's lock.</summary>
    public bool IsOwned => Owner is not null;

    /// <summary>The iommufd that devices of the group are bound to, or null. Under the VFIO core's lock.</summary>
    internal IommufdContext? Owner { get; set; }
}
