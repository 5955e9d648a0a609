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
/// <param name="files">Reaches the client's descriptors.</param>
public sealed partial class IommufdContext(IIommufdFiles files)
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
        new(
            IommufdIoctl.IOMMU_OPTION, IommuOption.MinSize, IommuOption.StructSize,
            static (c, call) => c.Option(call)),
        new(
            IommufdIoctl.IOMMU_VFIO_IOAS, IommuVfioIoas.MinSize, IommuVfioIoas.StructSize,
            static (c, call) => c.VfioIoas(call)),
        new(
            IommufdIoctl.IOMMU_HWPT_ALLOC, IommuHwptAlloc.MinSize, IommuHwptAlloc.StructSize,
            static (c, call) => c.AllocateHwpt(call)),
        new(
            IommufdIoctl.IOMMU_GET_HW_INFO, IommuHwInfo.MinSize, IommuHwInfo.StructSize,
            static (c, call) => c.GetHwInfo(call)),
        new(
            IommufdIoctl.IOMMU_HWPT_SET_DIRTY_TRACKING, IommuHwptSetDirtyTracking.MinSize, IommuHwptSetDirtyTracking.StructSize,
            static (c, call) => c.SetDirtyTracking(call)),
        new(
            IommufdIoctl.IOMMU_HWPT_GET_DIRTY_BITMAP, IommuHwptGetDirtyBitmap.MinSize, IommuHwptGetDirtyBitmap.StructSize,
            static (c, call) => c.GetDirtyBitmap(call)),
        new(
            IommufdIoctl.IOMMU_HWPT_INVALIDATE, IommuHwptInvalidate.MinSize, IommuHwptInvalidate.StructSize,
            static (c, call) => c.Invalidate(call)),
        new(
            IommufdIoctl.IOMMU_FAULT_QUEUE_ALLOC, IommuFaultAlloc.MinSize, IommuFaultAlloc.StructSize,
            static (c, call) => c.AllocateFaultQueue(call)),
        new(
            IommufdIoctl.IOMMU_IOAS_MAP_FILE, IommuIoasMapFile.MinSize, IommuIoasMapFile.StructSize,
            static (c, call) => c.MapFile(call)),
        new(
            IommufdIoctl.IOMMU_VIOMMU_ALLOC, IommuViommuAlloc.MinSize, IommuViommuAlloc.StructSize,
            static (c, call) => c.AllocateViommu(call)),
        new(
            IommufdIoctl.IOMMU_VDEVICE_ALLOC, IommuVdeviceAlloc.MinSize, IommuVdeviceAlloc.StructSize,
            static (_, call) => AllocateVdevice(call)),
        new(
            IommufdIoctl.IOMMU_IOAS_CHANGE_PROCESS, IommuIoasChangeProcess.MinSize, IommuIoasChangeProcess.StructSize,
            static (c, call) => c.ChangeProcess(call)),
        new(
            IommufdIoctl.IOMMU_VEVENTQ_ALLOC, IommuVeventqAlloc.MinSize, IommuVeventqAlloc.StructSize,
            static (_, call) => AllocateVeventq(call)),
        new(
            IommufdIoctl.IOMMU_HW_QUEUE_ALLOC, IommuHwQueueAlloc.MinSize, IommuHwQueueAlloc.StructSize,
            static (_, call) => AllocateHwQueue(call)),
        new(
            IommufdIoctl.IOMMU_IOAS_NOIOMMU_GET_PA, IommuIoasNoiommuGetPa.MinSize, IommuIoasNoiommuGetPa.StructSize,
            static (c, call) => c.GetPhysicalAddress(call)),
    ];

    private readonly IIommufdFiles _files = files;
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
            return VfioIoctl(caller, command, argument);
        }

        var operation = s_operations[index];
        if (operation.Command != command)
        {
            return caller.Memory.TryRead(argument, out uint _) ? Errno.ENOTTY : Errno.EFAULT;
        }

        return operation.Execute(this, new IommufdCall(caller, argument, operation.MinSize));
    }

    /// <summary>iommufd_ctx_get: somebody else keeps it.</summary>
    public void Get()
    {
        lock (_lock)
        {
            _references++;
        }
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

            // Devices hold the context: what is left is page tables, and then what they refer to.
            foreach (var left in _objects.All.OrderByDescending(o => o is HwPagetable).ToArray())
            {
                Remove(left);
            }
        }
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

            Remove(found);
            return SysResult.Success;
        }
    }

    /// <summary>iommufd_object_remove.</summary>
    private void Remove(IommufdObject removed)
    {
        _objects.Remove(removed);
        if (removed == _vfioIoas)
        {
            _vfioIoas = null;
        }

        removed.Destroy();
    }
}
