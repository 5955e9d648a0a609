using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <content>VFIO_IOMMU_GET_INFO of an iommufd, which writes each capability that has room: iommufd_vfio_iommu_get_info.</content>
public sealed partial class IommufdContext
{
    private const int RangesHeaderSize = VfioIommuType1InfoCapIovaRange.Size;
    private const int NextOffset = 4;
    private const ulong PageMask = ~4095UL;

    private SysResult GetInfo(ClientTask caller, ulong argument)
    {
        if (!caller.Memory.TryReadPrefix(argument, VfioIommuType1Info.MinSize, out VfioIommuType1Info info))
        {
            return Errno.EFAULT;
        }

        if (info.ArgSz < VfioIommuType1Info.MinSize)
        {
            return Errno.EINVAL;
        }

        if (_vfioIoas is not { } ioas)
        {
            return Errno.ENODEV;
        }

        var written = (int)Math.Min(info.ArgSz, VfioIommuType1Info.Size);
        info.Flags = VfioIommuType1InfoFlags.VFIO_IOMMU_INFO_PGSIZES | VfioIommuType1InfoFlags.VFIO_IOMMU_INFO_CAPS;
        info.IovaPgsizes = Math.Max(PageSizesOf(ioas), ioas.Alignment);
        info.CapOffset = 0;
        var capabilities = WriteCapabilities(caller.Memory, argument, info.ArgSz, ioas, out var total);
        if (capabilities.IsError)
        {
            return capabilities;
        }

        if (info.ArgSz >= total)
        {
            info.CapOffset = VfioIommuType1Info.Size;
        }

        info.ArgSz = total;
        return caller.Memory.TryWritePrefix(argument, written, info) ? SysResult.Success : Errno.EFAULT;
    }

    private static ulong PageSizesOf(Ioas ioas)
    {
        var sizes = ioas.Domains.Aggregate(ulong.MaxValue, static (sizes, domain) => sizes & domain.Unit.PageSizes);
        return (sizes & ~PageMask) == 0 ? sizes : (sizes & PageMask) | ~PageMask + 1;
    }

    /// <summary>DMA_AVAIL and IOVA_RANGE, each where the client's buffer holds it whole; the first one's link where there is room
    /// up to the second.</summary>
    private static SysResult WriteCapabilities(
        ClientMemory memory, ulong argument, uint argsz, Ioas ioas, out uint total)
    {
        const uint AvailAt = VfioIommuType1Info.Size;
        const uint RangesAt = AvailAt + ((VfioIommuType1InfoDmaAvail.Size + 7) & ~7);
        var ranges = ioas.UsableRanges();
        var rangesSize = (uint)(RangesHeaderSize + (ranges.Count * VfioIovaRange.Size));
        total = RangesAt + rangesSize;
        if (argsz >= AvailAt + VfioIommuType1InfoDmaAvail.Size && !memory.TryWrite(argument + AvailAt, DmaAvail()))
        {
            return Errno.EFAULT;
        }

        if (!WriteRanges(memory, argument + RangesAt, argsz > RangesAt ? argsz - RangesAt : 0, ranges))
        {
            return Errno.EFAULT;
        }

        return argsz >= RangesAt && !memory.TryWrite(argument + AvailAt + NextOffset, RangesAt)
            ? Errno.EFAULT
            : SysResult.Success;
    }

    /// <summary>No count of mappings ends here: QEMU wants to hear more than type1's 65,535.</summary>
    private static VfioIommuType1InfoDmaAvail DmaAvail() => new()
    {
        Header = new VfioInfoCapHeader { Id = VfioConstants.VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, Version = 1 },
        Avail = uint.MaxValue,
    };

    private static bool WriteRanges(
        ClientMemory memory, ulong at, uint room, List<(ulong First, ulong Last)> ranges)
    {
        for (var i = 0; i < ranges.Count && room >= RangesHeaderSize + ((i + 1) * VfioIovaRange.Size); i++)
        {
            var range = new VfioIovaRange { Start = ranges[i].First, End = ranges[i].Last };
            if (!memory.TryWrite(at + (ulong)(RangesHeaderSize + (i * VfioIovaRange.Size)), range))
            {
                return false;
            }
        }

        return room < RangesHeaderSize + (ranges.Count * VfioIovaRange.Size)
            || memory.TryWrite(at, new VfioIommuType1InfoCapIovaRange
            {
                Header = new VfioInfoCapHeader { Id = VfioConstants.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, Version = 1 },
                NrIovas = (uint)ranges.Count,
            });
    }
}
