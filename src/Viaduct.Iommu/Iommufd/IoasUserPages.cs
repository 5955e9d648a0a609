using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>Memory of a process: IOMMU_IOAS_MAP. Addresses are the process's.</summary>
/// <param name="payer">Who pays.</param>
/// <param name="memory">Whose memory.</param>
/// <param name="isWritable">It was mapped to write.</param>
internal sealed class IoasUserPages(in IoasPayer payer, ClientMemory memory, bool isWritable) : IoasPages(payer, isWritable)
{
    /// <inheritdoc/>
    public override bool CanChangeProcess => false;

    /// <inheritdoc/>
    protected override SysResult Pin(ulong address, ulong size, out PinnedRange pinned)
        => memory.Pin(address, size, IsWritable, out pinned);
}
