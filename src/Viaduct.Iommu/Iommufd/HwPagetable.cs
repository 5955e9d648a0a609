namespace Viaduct.Iommu.Iommufd;

/// <summary>
/// A page table that the context made for an IOAS by itself, when a device was attached to that (an automatic
/// iommufd_hwpt_paging). All of an IOAS's page tables hold the same, so that they share its
/// <see cref="IoAddressSpace"/>.
/// </summary>
/// <param name="ioas">What it translates; referenced as long as this exists.</param>
/// <param name="unit">The IOMMU whose format it has.</param>
internal sealed class HwPagetable(Ioas ioas, IommuUnit unit) : IommufdObject
{
    public Ioas Ioas { get; } = ioas;

    public IommuUnit Unit { get; } = unit;

    /// <inheritdoc/>
    public override void Destroy()
    {
        Ioas.RemoveDomain(this);
        Ioas.PageTables.Remove(this);
        Ioas.Users--;
    }
}
