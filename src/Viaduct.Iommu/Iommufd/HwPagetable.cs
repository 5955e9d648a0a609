namespace Viaduct.Iommu.Iommufd;

/// <summary>
/// A page table of an IOAS: struct iommufd_hwpt_paging. All of an IOAS's page tables hold the same, so that they share its
/// <see cref="IoAddressSpace"/>; what devices write each remembers for itself.
/// </summary>
/// <param name="ioas">What it translates; referenced as long as this exists.</param>
/// <param name="unit">The IOMMU whose format it has.</param>
/// <param name="isAutomatic">The context made it by itself, when a device was attached to the IOAS, and it goes with its last
/// device. Otherwise the client made it, and destroys it.</param>
/// <param name="tracksDirty">It can remember which pages were written: it has dirty_ops.</param>
internal sealed class HwPagetable(Ioas ioas, IommuUnit unit, bool isAutomatic, bool tracksDirty = false) : IommufdObject
{
    /// <summary>What groups are attached to.</summary>
    public IoDomain Domain { get; } = tracksDirty ? new IoDomain(ioas.Space, new DirtyLog(unit.DirtyBudget)) : ioas.Space.Untracked;

    public bool IsAutomatic { get; } = isAutomatic;

    /// <summary>Where its devices' page requests would go; referenced as long as this exists.</summary>
    public FaultQueue? Faults { get; set; }

    public Ioas Ioas { get; } = ioas;

    public IommuUnit Unit { get; } = unit;

    /// <summary>It has got its id: what it refers to must stay.</summary>
    public void Attach()
    {
        Ioas.Users++;
        Ioas.PageTables.Add(this);
    }

    /// <inheritdoc/>
    public override void Destroy()
    {
        Ioas.RemoveDomain(this);
        Ioas.PageTables.Remove(this);
        Ioas.Users--;
        Domain.Dirty?.Drop();
        if (Faults is { } faults)
        {
            faults.Users--;
        }
    }
}
