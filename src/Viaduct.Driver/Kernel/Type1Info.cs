using System.Numerics;
using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>What a type1 container says of its IOMMU (struct vfio_iommu_type1_info).</summary>
/// <param name="PageSize">The smallest page, a power of two.</param>
/// <param name="Ranges">The IOVAs that can be mapped.</param>
internal sealed record Type1Info(ulong PageSize, IReadOnlyList<IovaRange> Ranges)
{
    private const int FlagsAt = 4;
    private const int PageSizesAt = 8;
    private const int CapOffsetAt = 16;

    // Kernels before 5.5 do not tell the ranges: below 4 GiB without the window of x86's interrupts is safe on all of
    // them.
    private static readonly IovaRange[] s_untold = [new(0, 0xFEDF_FFFF), new(0xFEF0_0000, 0xFFFF_FFFF)];

    internal static Type1Info Query(FileDescriptorHandle container)
    {
        var result = InfoCall.TryGet(
            (request, argument) => FileCalls.Ioctl(container, request, argument),
            VfioIoctl.VFIO_IOMMU_GET_INFO, VfioIommuType1Info.Size,
            0,
            out var reply);
        return result.IsError
            ? throw new VfioException(
                result.Errno, "VFIO_IOMMU_GET_INFO", "cannot ask the container for its IOMMU's properties")
            : Parse(reply);
    }

    internal static Type1Info Parse(ReadOnlySpan<byte> reply)
    {
        var flags = (VfioIommuType1InfoFlags)BitConverter.ToUInt32(reply[FlagsAt..]);
        var pageSizes = flags.HasFlag(VfioIommuType1InfoFlags.VFIO_IOMMU_INFO_PGSIZES)
            ? BitConverter.ToUInt64(reply[PageSizesAt..])
            : 0;
        var pageSize = pageSizes == 0
            ? (ulong)Environment.SystemPageSize
            : 1UL << BitOperations.TrailingZeroCount(pageSizes);
        var first = flags.HasFlag(VfioIommuType1InfoFlags.VFIO_IOMMU_INFO_CAPS)
            ? BitConverter.ToUInt32(reply[CapOffsetAt..])
            : 0;
        var entry = CapabilityChain.Find(reply, first, VfioConstants.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE);
        var ranges = CapabilityChain.Pairs(entry, static (start, end) => new IovaRange(start, end));
        return new Type1Info(pageSize, ranges.Count > 0 ? ranges : s_untold);
    }
}
