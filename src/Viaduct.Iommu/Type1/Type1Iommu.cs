using System.Numerics;
using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu;

/// <summary>
/// A container's type1 back-end, version 1 or 2: drivers/vfio/vfio_iommu_type1.c as a client sees it. All its groups
/// share one address space (the kernel merges domains that allow it, and maps everything in each where not). The
/// container's lock, which callers hold, is the kernel's iommu->lock too.
/// </summary>
public sealed partial class Type1Iommu : IommuBackend
{
    /// <summary>Requests from <see cref="VfioIoctl.VFIO_IOMMU_GET_INFO"/> on; the gaps are ENOTTY.</summary>
    private static readonly Handler?[] s_handlers = MakeHandlers();

    private readonly bool _isV2;
    private readonly Func<Type1Options> _options;
    private readonly IovaMap<Type1Mapping> _mappings = new();
    private readonly IoAddressSpace _space = new();
    private readonly List<IommuGroup> _groups = [];
    private List<VfioIovaRange> _validRanges = [];
    private ulong _pageSizes = ulong.MaxValue << 12;
    private uint _available;
    private int _invalidVaddrs;
    private bool _isTrackingDirtyPages;

    /// <summary>Makes an address space with no group in it.</summary>
    /// <param name="isV2">VFIO_TYPE1v2_IOMMU: an unmap never cuts a mapping.</param>
    /// <param name="options">The module's parameters.</param>
    public Type1Iommu(bool isV2, Type1Options options)
        : this(isV2, () => options)
    {
    }

    /// <summary>The same, with parameters that may change.</summary>
    internal Type1Iommu(bool isV2, Func<Type1Options> options)
    {
        _isV2 = isV2;
        _options = options;
        _available = options().DmaEntryLimit;
    }

    private delegate SysResult Handler(Type1Iommu iommu, ClientTask caller, ulong argument);

    /// <inheritdoc/>
    public override int MappingCount => _mappings.Count;

    /// <summary>The smallest page that every unit has, in bytes.</summary>
    private ulong PageSize => 1UL << BitOperations.TrailingZeroCount(_pageSizes);

    /// <inheritdoc/>
    public override SysResult CheckExtension(ulong extension)
        => SysResult.FromValue(extension switch
        {
            VfioIommuType.VFIO_TYPE1_IOMMU => 1,
            VfioIommuType.VFIO_TYPE1v2_IOMMU => 1,
            VfioIommuType.VFIO_UNMAP_ALL => 1,
            VfioIommuType.VFIO_UPDATE_VADDR => 1,
            VfioIommuType.VFIO_DMA_CC_IOMMU => _groups.TrueForAll(group => group.Unit.EnforcesCacheCoherency) ? 1 : 0,
            _ => 0,
        });

    /// <inheritdoc/>
    public override SysResult Ioctl(ClientTask caller, uint command, ulong argument)
    {
        var index = command - VfioIoctl.VFIO_IOMMU_GET_INFO;
        return index < (uint)s_handlers.Length && s_handlers[index] is { } handler
            ? handler(this, caller, argument)
            : Errno.ENOTTY;
    }

    /// <inheritdoc/>
    public override void Release() => RemoveAll();

    private static Handler?[] MakeHandlers()
    {
        var handlers = new Handler?[VfioIoctl.VFIO_IOMMU_DIRTY_PAGES - VfioIoctl.VFIO_IOMMU_GET_INFO + 1];
        Add(VfioIoctl.VFIO_IOMMU_GET_INFO, static (iommu, caller, argument) => iommu.GetInfo(caller, argument));
        Add(VfioIoctl.VFIO_IOMMU_MAP_DMA, static (iommu, caller, argument) => iommu.MapDma(caller, argument));
        Add(VfioIoctl.VFIO_IOMMU_UNMAP_DMA, static (iommu, caller, argument) => iommu.UnmapDma(caller, argument));
        Add(VfioIoctl.VFIO_IOMMU_DIRTY_PAGES, static (iommu, caller, argument) => iommu.DirtyPages(caller, argument));
        return handlers;

        void Add(uint command, Handler handler) => handlers[command - VfioIoctl.VFIO_IOMMU_GET_INFO] = handler;
    }
}
