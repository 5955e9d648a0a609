using Viaduct.Abi;

namespace Viaduct.Iommu.Iommufd;

/// <content>Page tables that clients make: drivers/iommu/iommufd/hw_pagetable.c.</content>
public sealed partial class IommufdContext
{
    private const uint MostInvalidations = 1 << 19;
    private const uint LongestInvalidation = 4096;

    private SysResult AllocateHwpt(IommufdCall call)
    {
        var read = call.Read(IommuHwptAlloc.StructSize, out IommuHwptAlloc command);
        if (read.IsError)
        {
            return read;
        }

        if (command.Reserved != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        if ((command.DataType == IommuHwptDataType.IOMMU_HWPT_DATA_NONE) != (command.DataLen == 0))
        {
            return Errno.EINVAL;
        }

        lock (_lock)
        {
            if (!TryFindDevice(command.DevId, out var device))
            {
                return Errno.ENOENT;
            }

            if (!_objects.TryFind(command.PtId, out var target))
            {
                return Errno.EINVAL;
            }

            return target switch
            {
                Ioas ioas => AllocateHwpt(call, command, device, ioas),
                HwPagetable => AllocateNested(command),
                _ => Errno.EINVAL,
            };
        }
    }

    /// <summary>iommufd_hwpt_paging_alloc: it holds what its IOAS has mapped from here on.</summary>
    private SysResult AllocateHwpt(in IommufdCall call, IommuHwptAlloc command, IommufdDevice device, Ioas ioas)
    {
        var group = device.Group.Iommu;
        var allowed = CheckPaging(command, group);
        if (allowed.IsError)
        {
            return allowed;
        }

        var tracksDirty = command.Flags.HasFlag(IommuHwptAllocFlags.IOMMU_HWPT_ALLOC_DIRTY_TRACKING);
        var table = new HwPagetable(ioas, group.Unit, isAutomatic: false, tracksDirty);
        if (!_objects.TryAdd(table))
        {
            return Errno.ENOMEM;
        }

        table.Attach();
        command.OutHwptId = table.Id;
        var result = ioas.AddDomain(table, call.Caller);
        if (!result.IsError && command.Flags.HasFlag(IommuHwptAllocFlags.IOMMU_HWPT_FAULT_ID_VALID))
        {
            result = UseFaultQueue(table, command.FaultId);
        }

        if (!result.IsError)
        {
            result = call.Respond(IommuHwptAlloc.StructSize, command);
        }

        if (result.IsError)
        {
            Remove(table);
        }

        return result;
    }

    private SysResult UseFaultQueue(HwPagetable table, uint id)
    {
        if (!_objects.TryFind(id, out var found) || found is not FaultQueue faults)
        {
            return Errno.ENOENT;
        }

        faults.Users++;
        table.Faults = faults;
        return SysResult.Success;
    }

    /// <summary>What the IOMMU's driver would say: nothing of a vendor's own, no nesting, dirty tracking where the hardware has it. A
    /// table for PASIDs is a table like any other, but not without an IOMMU.</summary>
    private static SysResult CheckPaging(in IommuHwptAlloc command, IommuGroup group)
    {
        var able = IommuHwptAllocFlags.IOMMU_HWPT_FAULT_ID_VALID
            | (group.IsNoIommu ? 0 : IommuHwptAllocFlags.IOMMU_HWPT_ALLOC_PASID)
            | (group.Unit.TracksDirtyPages ? IommuHwptAllocFlags.IOMMU_HWPT_ALLOC_DIRTY_TRACKING : 0);
        return (command.Flags & ~able) != 0 || command.DataLen != 0 ? Errno.EOPNOTSUPP : SysResult.Success;
    }

    /// <summary>iommufd_hwpt_nested_alloc: no table of ours is a parent.</summary>
    private static SysResult AllocateNested(in IommuHwptAlloc command)
    {
        const IommuHwptAllocFlags Known = IommuHwptAllocFlags.IOMMU_HWPT_FAULT_ID_VALID
            | IommuHwptAllocFlags.IOMMU_HWPT_ALLOC_PASID;
        return (command.Flags & ~Known) != 0 || command.DataLen == 0 ? Errno.EOPNOTSUPP : Errno.EINVAL;
    }

    /// <summary>iommufd_hwpt_invalidate: only nested page tables and virtual IOMMUs have what this invalidates. The count is
    /// written back whatever happens.</summary>
    private SysResult Invalidate(IommufdCall call)
    {
        const int CountOffset = 24;
        var read = call.Read(IommuHwptInvalidate.StructSize, out IommuHwptInvalidate command);
        if (read.IsError)
        {
            return read;
        }

        SysResult result;
        if (command.Reserved != 0)
        {
            result = Errno.EOPNOTSUPP;
        }
        else if (command.EntryNum > MostInvalidations
            || (command.EntryNum != 0 && (command.DataUptr == 0 || command.EntryLen is 0 or > LongestInvalidation)))
        {
            result = Errno.EINVAL;
        }
        else
        {
            lock (_lock)
            {
                result = _objects.TryFind(command.HwptId, out _) ? Errno.EINVAL : Errno.ENOENT;
            }
        }

        return call.Caller.Memory.TryWrite(call.Argument + CountOffset, 0U) ? result : Errno.EFAULT;
    }
}
