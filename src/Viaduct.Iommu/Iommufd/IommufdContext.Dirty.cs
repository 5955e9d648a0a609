using Viaduct.Abi;

namespace Viaduct.Iommu.Iommufd;

/// <content>Dirty tracking by page tables: drivers/iommu/iommufd/hw_pagetable.c.</content>
public sealed partial class IommufdContext
{
    /// <summary>iommufd_hwpt_set_dirty_tracking, which does not look at the reserved word.</summary>
    private SysResult SetDirtyTracking(IommufdCall call)
    {
        var read = call.Read(IommuHwptSetDirtyTracking.StructSize, out IommuHwptSetDirtyTracking command);
        if (read.IsError)
        {
            return read;
        }

        if ((command.Flags & ~IommuHwptSetDirtyTrackingFlags.IOMMU_HWPT_DIRTY_TRACKING_ENABLE) != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        lock (_lock)
        {
            if (!_objects.TryFind(command.HwptId, out var found) || found is not HwPagetable table)
            {
                return Errno.ENOENT;
            }

            if (table.Domain.Dirty is not { } log)
            {
                return Errno.EOPNOTSUPP;
            }

            if (command.Flags == 0)
            {
                log.Stop();
            }
            else
            {
                log.Start(table.Ioas.Space);
            }

            return SysResult.Success;
        }
    }

    /// <summary>iommufd_hwpt_get_dirty_bitmap. The range is looked at before the hardware is; what goes wrong behind that is not
    /// told.</summary>
    private SysResult GetDirtyBitmap(IommufdCall call)
    {
        var read = call.Read(IommuHwptGetDirtyBitmap.StructSize, out IommuHwptGetDirtyBitmap command);
        if (read.IsError)
        {
            return read;
        }

        if ((command.Flags & ~IommuHwptGetDirtyBitmapFlags.IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR) != 0
            || command.Reserved != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        lock (_lock)
        {
            if (!_objects.TryFind(command.HwptId, out var found) || found is not HwPagetable table)
            {
                return Errno.ENOENT;
            }

            var range = CheckRange(command, table.Ioas.Alignment);
            if (range.IsError)
            {
                return range;
            }

            if (table.Domain.Dirty is not { } log)
            {
                return Errno.EOPNOTSUPP;
            }

            var bitmap = new DirtyBitmap(call.Caller.Memory, command.Data, command.Iova, command.PageSize);
            table.Ioas.ReportDirty(log, command.Iova, command.Iova + (command.Length - 1), command.Flags == 0, bitmap);
            bitmap.Flush();
            return SysResult.Success;
        }
    }

    /// <summary>iommufd_check_iova_range.</summary>
    private static SysResult CheckRange(in IommuHwptGetDirtyBitmap command, ulong alignment)
    {
        if (command.Length == 0)
        {
            return Errno.EINVAL;
        }

        var last = command.Iova + (command.Length - 1);
        if (last < command.Iova)
        {
            return Errno.EOVERFLOW;
        }

        var ends = command.Iova | (last + 1);
        return (ends & (alignment - 1)) != 0 || command.PageSize == 0 || (ends & (command.PageSize - 1)) != 0
            ? Errno.EINVAL
            : SysResult.Success;
    }
}
