using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <content>/dev/iommu in the place of /dev/vfio/vfio: drivers/iommu/iommufd/vfio_compat.c.</content>
public sealed partial class IommufdContext
{
    /// <summary>What the container's ioctls are about: ictx->vfio_ioas.</summary>
    private Ioas? _vfioIoas;

    /// <summary>iommufd_vfio_compat_ioas_create: a group is put in, and an address space must be there for it.</summary>
    /// <returns>Zero; ENOMEM; EINVAL where groups without an IOMMU have been here.</returns>
    public SysResult CreateCompatIoas()
    {
        lock (_lock)
        {
            if (_isNoIommu)
            {
                return Errno.EINVAL;
            }

            if (_vfioIoas is not null)
            {
                return SysResult.Success;
            }

            var ioas = new Ioas();
            if (!_objects.TryAdd(ioas))
            {
                return Errno.ENOMEM;
            }

            _vfioIoas = ioas;
            return SysResult.Success;
        }
    }

    /// <summary>iommufd_vfio_compat_ioas_get_id.</summary>
    /// <returns>The id, or ENODEV where there is none.</returns>
    public SysResult GetCompatIoas()
    {
        lock (_lock)
        {
            return _vfioIoas is { } ioas ? SysResult.FromValue(ioas.Id) : Errno.ENODEV;
        }
    }

    private SysResult VfioIoas(IommufdCall call)
    {
        var read = call.Read(IommuVfioIoas.StructSize, out IommuVfioIoas command);
        if (read.IsError)
        {
            return read;
        }

        if (command.Reserved != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        lock (_lock)
        {
            switch (command.Op)
            {
                case IommuVfioIoasOp.IOMMU_VFIO_IOAS_GET when _vfioIoas is { } ioas:
                    command.IoasId = ioas.Id;
                    return call.Respond(IommuVfioIoas.StructSize, command);
                case IommuVfioIoasOp.IOMMU_VFIO_IOAS_GET:
                    return Errno.ENODEV;
                case IommuVfioIoasOp.IOMMU_VFIO_IOAS_SET when TryFindIoas(command.IoasId, out var ioas):
                    _vfioIoas = ioas;
                    return SysResult.Success;
                case IommuVfioIoasOp.IOMMU_VFIO_IOAS_SET:
                    return Errno.ENOENT;
                case IommuVfioIoasOp.IOMMU_VFIO_IOAS_CLEAR:
                    _vfioIoas = null;
                    return SysResult.Success;
                default:
                    return Errno.EOPNOTSUPP;
            }
        }
    }

    /// <summary>iommufd_vfio_ioctl.</summary>
    private SysResult VfioIoctl(ClientTask caller, uint command, ulong argument)
    {
        if (command == Abi.VfioIoctl.VFIO_GET_API_VERSION)
        {
            return SysResult.FromValue(VfioConstants.VFIO_API_VERSION);
        }

        lock (_lock)
        {
            return command switch
            {
                Abi.VfioIoctl.VFIO_CHECK_EXTENSION => CheckExtension(argument),
                Abi.VfioIoctl.VFIO_SET_IOMMU => SetIommu(caller, argument),
                Abi.VfioIoctl.VFIO_IOMMU_GET_INFO => GetInfo(caller, argument),
                Abi.VfioIoctl.VFIO_IOMMU_MAP_DMA => MapDma(caller, argument),
                Abi.VfioIoctl.VFIO_IOMMU_UNMAP_DMA => UnmapDma(caller, argument),
                _ => Errno.ENOTTY,
            };
        }
    }

    private SysResult CheckExtension(ulong extension)
    {
        switch (extension)
        {
            // Of no-IOMMU it answers what the kernel was built with.
            case VfioIommuType.VFIO_NOIOMMU_IOMMU:
                return SysResult.FromValue(1);
            case VfioIommuType.VFIO_TYPE1_IOMMU or VfioIommuType.VFIO_TYPE1v2_IOMMU or VfioIommuType.VFIO_UNMAP_ALL:
                return SysResult.FromValue(_isNoIommu ? 0 : 1);
            case VfioIommuType.VFIO_DMA_CC_IOMMU when _vfioIoas is { } ioas:
                return SysResult.FromValue(ioas.PageTables.All(t => t.Unit.EnforcesCacheCoherency) ? 1 : 0);
            case VfioIommuType.VFIO_DMA_CC_IOMMU:
                return Errno.ENODEV;
            default:
                return SysResult.Success;
        }
    }

    /// <summary>Type1 may unmap in the middle of what was mapped, so that no pages are merged.</summary>
    private SysResult SetIommu(ClientTask caller, ulong type)
    {
        if (_isNoIommu && type == VfioIommuType.VFIO_NOIOMMU_IOMMU)
        {
            return caller.IsCapable(Capability.SysRawIo) ? SysResult.Success : Errno.EPERM;
        }

        if (_isNoIommu || type is not (VfioIommuType.VFIO_TYPE1_IOMMU or VfioIommuType.VFIO_TYPE1v2_IOMMU))
        {
            return Errno.EINVAL;
        }

        if (_vfioIoas is not { } ioas)
        {
            return Errno.ENODEV;
        }

        return type == VfioIommuType.VFIO_TYPE1_IOMMU ? ioas.DisableLargePages() : SysResult.Success;
    }

    private SysResult MapDma(ClientTask caller, ulong argument)
    {
        const VfioDmaMapFlags Known = VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_READ | VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_WRITE;
        if (!caller.Memory.TryReadPrefix(argument, VfioIommuType1DmaMap.MinSize, out VfioIommuType1DmaMap map))
        {
            return Errno.EFAULT;
        }

        if (map.ArgSz < VfioIommuType1DmaMap.MinSize || (map.Flags & ~Known) != 0)
        {
            return Errno.EINVAL;
        }

        if (_vfioIoas is not { } ioas)
        {
            return Errno.ENODEV;
        }

        var access = (map.Flags.HasFlag(VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_READ) ? DmaAccess.Read : DmaAccess.None)
            | (map.Flags.HasFlag(VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_WRITE) ? DmaAccess.Write : DmaAccess.None);
        return MapUser(caller, ioas, map.Vaddr, map.Size, access, isFixed: true, ref map.Iova);
    }

    /// <summary>What was unmapped is told also where the call then fails.</summary>
    private SysResult UnmapDma(ClientTask caller, ulong argument)
    {
        const int MinSize = VfioIommuType1DmaUnmap.MinSize;
        if (!caller.Memory.TryReadPrefix(argument, MinSize, out VfioIommuType1DmaUnmap unmap))
        {
            return Errno.EFAULT;
        }

        if (unmap.ArgSz < MinSize || (unmap.Flags & ~VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_ALL) != 0)
        {
            return Errno.EINVAL;
        }

        if (_vfioIoas is not { } ioas)
        {
            return Errno.ENODEV;
        }

        SysResult result;
        ulong unmapped;
        if (unmap.Flags != 0)
        {
            if (unmap.Iova != 0 || unmap.Size != 0)
            {
                return Errno.EINVAL;
            }

            result = ioas.UnmapAll(out unmapped);
        }
        else
        {
            result = CutOut(ioas, unmap.Iova, unmap.Size);
            if (result.IsError)
            {
                return result;
            }

            result = UnmapRange(ioas, unmap.Iova, unmap.Size, out unmapped);
        }

        unmap.Size = unmapped;
        return caller.Memory.TryWritePrefix(argument, MinSize, unmap) ? result : Errno.EFAULT;
    }

    private static SysResult CutOut(Ioas ioas, ulong iova, ulong size)
    {
        if (ioas.HasLargePages)
        {
            return SysResult.Success;
        }

        var cut = ioas.Cut(iova + (size - 1));
        return cut.IsError || iova == 0 ? cut : ioas.Cut(iova - 1);
    }

    /// <summary>iopt_unmap_iova: nothing there is no error.</summary>
    private static SysResult UnmapRange(Ioas ioas, ulong iova, ulong length, out ulong unmapped)
    {
        unmapped = 0;
        if (length == 0)
        {
            return Errno.EINVAL;
        }

        var last = iova + (length - 1);
        return last < iova ? Errno.EOVERFLOW : ioas.Unmap(iova, last, out unmapped);
    }
}
