using Viaduct.Iommu.SpaprTce;

namespace Viaduct.Kvm;

/// <summary>A DMA window's table behind a guest's: struct kvmppc_spapr_tce_iommu_table.</summary>
/// <param name="table">The window's; its pages are the guest's or smaller ones.</param>
/// <param name="splitShift">log2 of how many of its entries make one of the guest's.</param>
/// <param name="isShared">Its entries lead into memory that the VM's owner has registered. Otherwise (container version 1, another process's
/// container) nothing is put into it here.</param>
internal sealed class AttachedTable(TceTable table, int splitShift, bool isShared)
{
    public TceTable Table { get; } = table;

    public int SplitShift { get; } = splitShift;

    public int PageShift { get; } = table.Window.PageShift;

    public ulong PageSize { get; } = table.Window.PageSize;

    public bool IsShared { get; } = isShared;

    /// <summary>How often KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE has asked for it. Under the VM's lock.</summary>
    public int References { get; set; } = 1;
}
