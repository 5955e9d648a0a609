using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>Memory of a process: IOMMU_IOAS_MAP. Addresses are the process's. Clients map and unmap all the time, so that these are
/// used again. Under the context's lock.</summary>
/// <param name="spares">Where it goes when nothing refers to it any more.</param>
internal sealed class IoasUserPages(IoasSparePages spares) : IoasPages
{
    private ClientMemory? _memory;

    /// <summary>The next one that is not used, while this is one.</summary>
    public IoasUserPages? NextSpare { get; set; }

    /// <inheritdoc/>
    public override bool CanChangeProcess => false;

    /// <inheritdoc/>
    public override ClientMemory? ClientMemory => _memory;

    /// <summary>A new one, or one that is used again.</summary>
    /// <param name="spares">Those that are not used.</param>
    /// <param name="payer">Who pays.</param>
    /// <param name="memory">Whose memory.</param>
    /// <param name="isWritable">It was mapped to write.</param>
    public static IoasUserPages Get(IoasSparePages spares, in IoasPayer payer, ClientMemory memory, bool isWritable)
    {
        var pages = spares.Take();
        pages._memory = memory;
        pages.Begin(payer, isWritable);
        return pages;
    }

    /// <inheritdoc/>
    protected override SysResult Pin(ulong address, ulong size, out PinnedRange pinned)
        => _memory!.Pin(address, size, IsWritable, out pinned);

    /// <inheritdoc/>
    protected override void Release()
    {
        _memory = null;
        spares.Give(this);
    }
}
