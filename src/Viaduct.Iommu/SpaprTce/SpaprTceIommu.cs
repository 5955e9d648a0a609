using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.SpaprTce;

/// <summary>
/// A container's sPAPR TCE back-end, version 1 or 2: drivers/vfio/vfio_iommu_spapr_tce.c as a client sees it. The container's lock, which callers
/// hold, is the kernel's container->lock too.
/// </summary>
public sealed partial class SpaprTceIommu : IommuBackend
{
    private readonly bool _isV2;
    private readonly TcePlatform _platform;
    private readonly TceWindows _windows = new();
    private readonly IoAddressSpace _space;

    // The last one to join comes first.
    private readonly List<IommuGroup> _groups = [];
    private readonly HashSet<RegisteredRegion> _registered = [];

    // Whose memory it maps, from the first call that says so on.
    private ClientMemory? _memory;
    private bool _isEnabled;
    private ulong _enabledBytes;

    /// <summary>The default window is made when it is first wanted.</summary>
    private bool _isDefaultWindowPending;

    /// <summary>Makes one with no group in it.</summary>
    /// <param name="isV2">VFIO_SPAPR_TCE_v2_IOMMU: memory is registered before it is mapped, and windows come and go.</param>
    /// <param name="platform">The machine.</param>
    public SpaprTceIommu(bool isV2, TcePlatform platform)
    {
        _isV2 = isV2;
        _platform = platform;
        _space = isV2 ? new IoAddressSpace(_windows) : new IoAddressSpace();
    }

    /// <inheritdoc/>
    public override int MappingCount
        => Enumerable.Range(0, TceWindows.Max).Sum(number => _windows[number]?.Entries().Count() ?? 0);

    /// <inheritdoc/>
    public override SysResult CheckExtension(ulong extension) => CheckExtensionOf(_platform, extension);

    /// <inheritdoc/>
    public override SysResult Ioctl(ClientTask caller, uint command, ulong argument)
    {
        // No process maps another one's memory.
        if (_memory is not null && _memory != caller.Memory)
        {
            return Errno.EPERM;
        }

        return command switch
        {
            VfioIoctl.VFIO_IOMMU_SPAPR_TCE_GET_INFO => GetInfo(caller, argument),
            VfioIoctl.VFIO_IOMMU_MAP_DMA => MapDma(caller, argument),
            VfioIoctl.VFIO_IOMMU_UNMAP_DMA => UnmapDma(caller, argument),
            VfioIoctl.VFIO_EEH_PE_OP => EehPeOp(caller, argument),
            VfioIoctl.VFIO_IOMMU_ENABLE when !_isV2 => Enable(caller),
            VfioIoctl.VFIO_IOMMU_DISABLE when !_isV2 => Disable(),
            VfioIoctl.VFIO_IOMMU_SPAPR_REGISTER_MEMORY when _isV2 => RegisterMemory(caller, argument),
            VfioIoctl.VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY when _isV2 => UnregisterMemory(caller, argument),
            VfioIoctl.VFIO_IOMMU_SPAPR_TCE_CREATE when _isV2 => TceCreate(caller, argument),
            VfioIoctl.VFIO_IOMMU_SPAPR_TCE_REMOVE when _isV2 => TceRemove(caller, argument),
            _ => Errno.ENOTTY,
        };
    }

    /// <summary>VFIO_CHECK_EXTENSION, the same with and without a container.</summary>
    internal static SysResult CheckExtensionOf(TcePlatform platform, ulong extension)
        => SysResult.FromValue(extension switch
        {
            VfioIommuType.VFIO_SPAPR_TCE_IOMMU or VfioIommuType.VFIO_SPAPR_TCE_v2_IOMMU => 1,
            VfioIommuType.VFIO_EEH => platform.HasEeh ? 1 : 0,
            _ => 0,
        });

    private SysResult GetInfo(ClientTask caller, ulong argument)
    {
        if (_groups.Count == 0)
        {
            return Errno.ENXIO;
        }

        if (!caller.Memory.TryReadPrefix<VfioIommuSpaprTceInfo>(argument, VfioIommuSpaprTceInfo.MinSize, out var info))
        {
            return Errno.EFAULT;
        }

        if (info.ArgSz < VfioIommuSpaprTceInfo.MinSize)
        {
            return Errno.EINVAL;
        }

        info = new VfioIommuSpaprTceInfo
        {
            ArgSz = info.ArgSz,
            Dma32WindowStart = TcePlatform.DefaultStart,
            Dma32WindowSize = _platform.DefaultSize,
        };
        if (_isV2 && _platform.MaxDynamicWindows > 0)
        {
            info.Flags = VfioSpaprTceInfoFlags.VFIO_IOMMU_SPAPR_INFO_DDW;
            info.Ddw = new VfioIommuSpaprTceDdwInfo
            {
                Pgsizes = _platform.PageSizes,
                MaxDynamicWindowsSupported = _platform.MaxDynamicWindows,
                Levels = _platform.MaxLevels,
            };
        }

        var size = info.ArgSz >= VfioIommuSpaprTceInfo.Size ? VfioIommuSpaprTceInfo.Size : VfioIommuSpaprTceInfo.MinSize;
        return caller.Memory.TryWritePrefix(argument, size, info) ? SysResult.Success : Errno.EFAULT;
    }

    /// <summary>tce_iommu_mm_set; whose memory it is has been checked.</summary>
    private void SetMemory(ClientTask caller) => _memory = caller.Memory;

    /// <summary>tce_iommu_enable: the whole window counts as locked.</summary>
    private SysResult Enable(ClientTask caller)
    {
        if (_isEnabled)
        {
            return Errno.EBUSY;
        }

        if (_groups.Count == 0)
        {
            return Errno.ENODEV;
        }

        SetMemory(caller);
        var charged = LockedPages.Charge(caller, _platform.DefaultSize);
        if (charged.IsError)
        {
            return charged;
        }

        _enabledBytes = _platform.DefaultSize;
        _isEnabled = true;
        return SysResult.Success;
    }

    private SysResult Disable()
    {
        if (_isEnabled)
        {
            _isEnabled = false;
            LockedPages.Uncharge(_memory!, _enabledBytes);
        }

        return SysResult.Success;
    }
}
