using Viaduct.Iommu.Iommufd;

namespace Viaduct.Iommu;

/// <summary>
/// Devices that the IOMMU cannot tell apart: the unit of ownership. It carries the address space that its devices'
/// DMA goes through, which a <see cref="DmaPort"/> reads without a lock.
/// </summary>
/// <param name="id">The number under /sys/kernel/iommu_groups; zero or above.</param>
/// <param name="unit">The IOMMU that translates for the group.</param>
public sealed class IommuGroup(int id, IommuUnit unit)
{
    private volatile IoDomain? _domain;

    /// <summary>The number under /sys/kernel/iommu_groups.</summary>
    public int Id { get; } = id;

    /// <summary>The IOMMU that translates for the group.</summary>
    public IommuUnit Unit { get; } = unit;

    /// <summary>A driver of the host has a device of the group, whose DMA nobody else may then own. Set before any client
    /// runs.</summary>
    public bool HasHostDriver { get; set; }

    /// <summary>Where the devices' DMA goes; null while no back-end has the group: every access faults. Whoever takes
    /// it
    /// away calls <see cref="IoAddressSpace.WaitForTransfers"/> of the old one before its memory goes.</summary>
    public IoAddressSpace? AddressSpace
    {
        get => _domain?.Space;
        set => _domain = value?.Untracked;
    }

    /// <summary>iommu_group_dma_owner_claimed, by a host's driver or an iommufd. Under the VFIO core's lock.</summary>
    public bool IsClaimed => HasHostDriver || Owner is not null;

    /// <summary>The same, with who hears of what is written.</summary>
    internal IoDomain? Domain
    {
        get => _domain;
        set => _domain = value;
    }

    /// <summary>The iommufd that devices of the group are bound to, or null. Under the VFIO core's lock.</summary>
    internal IommufdContext? Owner { get; set; }
}
