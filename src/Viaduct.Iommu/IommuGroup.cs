using Viaduct.Iommu.Eeh;
using Viaduct.Iommu.Iommufd;
using Viaduct.Iommu.SpaprTce;

namespace Viaduct.Iommu;

/// <summary>
/// Devices that the IOMMU cannot tell apart: the unit of ownership. It carries the address space that its devices'
/// DMA goes through, which a <see cref="DmaPort"/> reads without a lock.
/// </summary>
public sealed class IommuGroup
{
    // What a back-end has given, and what transfers see of it: nothing while they are blocked.
    private readonly Lock _domainLock = new();
    private IoDomain? _attached;
    private volatile IoDomain? _domain;
    private bool _isDmaBlocked;

    /// <summary>A group with nothing attached.</summary>
    /// <param name="id">The number under /sys/kernel/iommu_groups; zero or above.</param>
    /// <param name="unit">The IOMMU that translates for the group.</param>
    public IommuGroup(int id, IommuUnit unit)
    {
        Id = id;
        Unit = unit;
        Domain = unit.PhysicalMemory?.Space.Untracked;
        DefaultDomain = unit.PhysicalMemory is null && unit.TcePlatform is null ? "DMA" : "unknown";
        Name = unit.PhysicalMemory is null ? null : "vfio-noiommu";
        TableGroup = unit.TcePlatform is { } platform ? new TceTableGroup(platform) : null;
        Endpoint = unit.TcePlatform is { HasEeh: true } ? new EehPe(this) : null;
    }

    /// <summary>The number under /sys/kernel/iommu_groups.</summary>
    public int Id { get; }

    /// <summary>The IOMMU that translates for the group.</summary>
    public IommuUnit Unit { get; }

    /// <summary>The group's DMA windows on a POWER machine; null elsewhere.</summary>
    public TceTableGroup? TableGroup { get; }

    /// <summary>The group as error handling sees it, where the machine has that; null elsewhere.</summary>
    public EehPe? Endpoint { get; }

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
    public string DefaultDomain { get; set; }

    /// <summary>What <c>name</c> in sysfs says; null where there is none.</summary>
    public string? Name { get; init; }

    /// <summary>Where the devices' DMA goes; null while no back-end has the group: every access faults. Whoever takes
    /// it
    /// away calls <see cref="IoAddressSpace.WaitForTransfers"/> of the old one before its memory goes.</summary>
    public IoAddressSpace? AddressSpace
    {
        get
        {
            lock (_domainLock)
            {
                return _attached?.Space;
            }
        }

        set => Domain = value?.Untracked;
    }

    /// <summary>The same, with who hears of what is written.</summary>
    internal IoDomain? Domain
    {
        get => _domain;
        set
        {
            lock (_domainLock)
            {
                _attached = value;
                _domain = _isDmaBlocked ? null : value;
            }
        }
    }

    /// <summary>Every access of the group's devices faults, whatever is attached. Transfers that have begun may go on.</summary>
    internal bool IsDmaBlocked
    {
        get => _isDmaBlocked;
        set
        {
            lock (_domainLock)
            {
                _isDmaBlocked = value;
                _domain = value ? null : _attached;
            }
        }
    }

    /// <summary>iommu_group_dma_owner_claimed, by a host's driver or an iommufd. Under the VFIO core's lock.</summary>
    public bool IsClaimed => HasHostDriver || Owner is not null;

    /// <summary>An iommufd has claimed the group. Under the VFIO core's lock.</summary>
    public bool IsOwned => Owner is not null;

    /// <summary>The iommufd that devices of the group are bound to, or null. Under the VFIO core's lock.</summary>
    internal IommufdContext? Owner { get; set; }
}
