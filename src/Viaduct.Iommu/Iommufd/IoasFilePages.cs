using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>Memory of a file: IOMMU_IOAS_MAP_FILE. Addresses are places in the file.</summary>
/// <param name="payer">Who pays.</param>
/// <param name="file">The file, which this holds.</param>
/// <param name="isWritable">It was mapped to write.</param>
internal sealed class IoasFilePages(in IoasPayer payer, FileMemory file, bool isWritable) : IoasPages(payer, isWritable)
{
    /// <inheritdoc/>
    public override bool CanChangeProcess => true;

    /// <inheritdoc/>
    protected override void Release() => file.Dispose();

    /// <inheritdoc/>
    protected override SysResult Pin(ulong address, ulong size, out PinnedRange pinned)
        => file.Pin(address, size, out pinned);
}
