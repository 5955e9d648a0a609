using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>Memory of a file: IOMMU_IOAS_MAP_FILE. Addresses are places in the file.</summary>
internal sealed class IoasFilePages : IoasPages
{
    private readonly FileMemory _file;

    /// <param name="payer">Who pays.</param>
    /// <param name="file">The file, which this holds.</param>
    /// <param name="isWritable">It was mapped to write.</param>
    public IoasFilePages(in IoasPayer payer, FileMemory file, bool isWritable)
    {
        _file = file;
        Begin(payer, isWritable);
    }

    /// <inheritdoc/>
    public override bool CanChangeProcess => true;

    /// <inheritdoc/>
    protected override void Release() => _file.Dispose();

    /// <inheritdoc/>
    protected override SysResult Pin(ulong address, ulong size, out PinnedRange pinned)
        => _file.Pin(address, size, out pinned);
}
