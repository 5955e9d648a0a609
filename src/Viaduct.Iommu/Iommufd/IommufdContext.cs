using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>
/// An open /dev/iommu: the objects that a client made, drivers/iommu/iommufd. The file holds it, and each device bound to
/// it.
/// </summary>
/// <remarks>
/// Its lock guards all its objects. It comes after the VFIO core's; an address space's and a client memory's come after
/// it.
/// </remarks>
public sealed partial class IommufdContext
{
    private static readonly IommufdOperation[] s_operations =
    [
        new(
            IommufdIoctl.IOMMU_DESTROY, IommuDestroy.MinSize, IommuDestroy.StructSize,
            static (c, call) => c.Destroy(call)),
        new(
            IommufdIoctl.IOMMU_IOAS_ALLOC, IommuIoasAlloc.MinSize, IommuIoasAlloc.StructSize,
            static (c, call) => c.AllocateIoas(call)),
        new(
            IommufdIoctl.IOMMU_IOAS_ALLOW_IOVAS, IommuIoasAllowIovas.MinSize, IommuIoasAllowIovas.StructSize,
            static (c, call) => c.AllowIovas(call)),
        new(
            IommufdIoctl.IOMMU_IOAS_COPY, IommuIoasCopy.MinSize, IommuIoasCopy.StructSize,
            static (c, call) => c.Copy(call)),
        new(
            IommufdIoctl.IOMMU_IOAS_IOVA_RANGES, IommuIoasIovaRanges.MinSize, IommuIoasIovaRanges.StructSize,
            static (c, call) => c.IovaRanges(call)),
        new(
            IommufdIoctl.IOMMU_IOAS_MAP, IommuIoasMap.MinSize, IommuIoasMap.StructSize,
            static (c, call) => c.Map(call)),
        new(
            IommufdIoctl.IOMMU_IOAS_UNMAP, IommuIoasUnmap.MinSize, IommuIoasUnmap.StructSize,
            static (c, call) => c.Unmap(call)),
        new(IommufdIoctl.IOMMU_OPTION, IommuOption.MinSize, IommuOption.StructSize),
        new(IommufdIoctl.IOMMU_VFIO_IOAS, IommuVfioIoas.MinSize, IommuVfioIoas.StructSize),
        new(IommufdIoctl.IOMMU_HWPT_ALLOC, IommuHwptAlloc.MinSize, IommuHwptAlloc.StructSize),
        new(IommufdIoctl.IOMMU_GET_HW_INFO, IommuHwInfo.MinSize, IommuHwInfo.StructSize),
        new(
            IommufdIoctl.IOMMU_HWPT_SET_DIRTY_TRACKING, IommuHwptSetDirtyTracking.MinSize, IommuHwptSetDirtyTracking.StructSize),
        new(
            IommufdIoctl.IOMMU_HWPT_GET_DIRTY_BITMAP, IommuHwptGetDirtyBitmap.MinSize, IommuHwptGetDirtyBitmap.StructSize),
        new(IommufdIoctl.IOMMU_HWPT_INVALIDATE, IommuHwptInvalidate.MinSize, IommuHwptInvalidate.StructSize),
        new(IommufdIoctl.IOMMU_FAULT_QUEUE_ALLOC, IommuFaultAlloc.MinSize, IommuFaultAlloc.StructSize),
        new(IommufdIoctl.IOMMU_IOAS_MAP_FILE, IommuIoasMapFile.MinSize, IommuIoasMapFile.StructSize),
        new(IommufdIoctl.IOMMU_VIOMMU_ALLOC, IommuViommuAlloc.MinSize, IommuViommuAlloc.StructSize),
        new(IommufdIoctl.IOMMU_VDEVICE_ALLOC, IommuVdeviceAlloc.MinSize, IommuVdeviceAlloc.StructSize),
        new(IommufdIoctl.IOMMU_IOAS_CHANGE_PROCESS, IommuIoasChangeProcess.MinSize, IommuIoasChangeProcess.StructSize),
        new(IommufdIoctl.IOMMU_VEVENTQ_ALLOC, IommuVeventqAlloc.MinSize, IommuVeventqAlloc.StructSize),
        new(IommufdIoctl.IOMMU_HW_QUEUE_ALLOC, IommuHwQueueAlloc.MinSize, IommuHwQueueAlloc.StructSize),
        new(IommufdIoctl.IOMMU_IOAS_NOIOMMU_GET_PA, IommuIoasNoiommuGetPa.MinSize, IommuIoasNoiommuGetPa.StructSize),
    ];

    private readonly Lock _lock = new();
    private readonly IommufdObjectTable _objects = new();
    private int _references = 1;

    /// <summary>Mappings that exist now, in all address spaces.</summary>
    public int MappingCount
    {
        get
        {
            lock (_lock)
            {
                return _objects.All.OfType<Ioas>().Sum(ioas => ioas.MappingCount);
            }
        }
    }

    /// <summary>ioctl(2): iommufd_fops_ioctl.</summary>
    public SysResult Ioctl(ClientTask caller, uint command, ulong argument)
    {
        const uint NumberMask = 0xff;
        var index = (command & NumberMask) - IommufdCommand.IOMMUFD_CMD_BASE;
        if (index >= (uint)s_operations.Length)
        {
            return Errno.ENOTTY;
        }

        if (!caller.Memory.TryRead(argument, out uint size))
        {
            return Errno.EFAULT;
        }

        var operation = s_operations[index];
        if (operation.Command != command)
        {
            return Errno.ENOTTY;
        }

        if (size < (uint)operation.MinSize)
        {
            return Errno.EINVAL;
        }

        var call = new IommufdCall(caller, argument, size);
        return operation.Execute is { } execute ? execute(this, call) : Refuse(call, operation.StructSize);
    }

    /// <summary>The file was closed, or a device unbound: without its last user it gives everything back.</summary>
    public void Put()
    {
        lock (_lock)
        {
            if (--_references > 0)
            {
                return;
            }

            // Devices hold the context, and page tables go with the last device: what is left is address spaces.
            foreach (var left in _objects.All.ToArray())
            {
                _objects.Remove(left);
                left.Destroy();
            }
        }
    }

    /// <summary>A command that is not built, once the kernel would have looked at the structure as a whole.</summary>
    private static SysResult Refuse(in IommufdCall call, int structSize)
    {
        Span<byte> known = stackalloc byte[structSize];
        if (call.UserSize > (uint)structSize)
        {
            var tail = ClientStruct.CheckZeroed(
                call.Caller.Memory, call.Argument + (ulong)structSize, call.UserSize - (uint)structSize);
            if (tail.IsError)
            {
                return tail;
            }
        }

        var length = (int)Math.Min(call.UserSize, (uint)structSize);
        return call.Caller.Memory.TryRead(call.Argument, known[..length]) ? Errno.EOPNOTSUPP : Errno.EFAULT;
    }

    private SysResult Destroy(IommufdCall call)
    {
        var read = call.Read(IommuDestroy.StructSize, out IommuDestroy command);
        if (read.IsError)
        {
            return read;
        }

        lock (_lock)
        {
            if (!_objects.TryFind(command.Id, out var found))
            {
                return Errno.ENOENT;
            }

            if (found.Users != 1)
            {
                return Errno.EBUSY;
            }

            _objects.Remove(found);
            found.Destroy();
            return SysResult.Success;
        }
    }
}
