using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>Memory of a process: IOMMU_IOAS_MAP. Addresses are the process's. Clients map and unmap all the time, so that these are
/// used again. Under the context's lock.</summary>
/// <param name="spares">Where it goes when nothing refers to it any more.</param>
internal sealed class IoasUserPages(Stack<IoasUserPages> spares) : IoasPages
{
    private const int MostSpares = 64;

    private ClientMemory? _memory;

    /// <inheritdoc/>
    public override bool CanChangeProcess => false;

    /// <inheritdoc/>
    public override ClientMemory? ClientMemory => _memory;

    /// <summary>A new one, or one that is used again.</summary>
    /// <param name="spares">Those that are not used.</param>
    /// <param name="payer">Who pays.</param>
    /// <param name="memory">Whose memory.</param>
    /// <param name="isWritable">It was mapped to write.</param>
    public static IoasUserPages Get(Stack<IoasUserPages> spares, in IoasPayer payer, ClientMemory memory, bool isWritable)
    {
        if (!spares.TryPop(out var pages))
        {
            pages = new IoasUserPages(spares);
        }

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
        if (spares.Count < MostSpares)
        {
            spares.Push(this);
        }
    }
}
