using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>What an I/O address space of iommufd can map (IOMMU_IOAS_IOVA_RANGES).</summary>
/// <param name="PageSize">The unit of mapping, a power of two.</param>
/// <param name="Ranges">The IOVAs, ascending.</param>
internal sealed record IoasRanges(ulong PageSize, IReadOnlyList<IovaRange> Ranges)
{
    // Far above any IOMMU's: 16 MiB of ranges.
    private const uint MostRanges = 1 << 20;

    /// <summary>Asks until all ranges fit.</summary>
    /// <exception cref="VfioException">The kernel refused.</exception>
    internal static IoasRanges Query(FileDescriptorHandle iommufd, uint ioas)
    {
        for (var room = (uint)Environment.SystemPageSize / IommuIovaRange.Size; ; room = RoundUp(room))
        {
            // The request has the address of an array, so the array must stay where it is.
            var result = MemoryMapping.Allocate(room * IommuIovaRange.Size, HugePageSize.None, out var memory);
            if (memory is null)
            {
                throw Cannot(result.Errno);
            }

            using (memory)
            {
                var query = new IommuIoasIovaRanges
                {
                    Size = IommuIoasIovaRanges.StructSize,
                    IoasId = ioas,
                    NumIovas = room,
                    AllowedIovas = memory.Address,
                };
                result = FileCalls.Ioctl(iommufd, IommufdIoctl.IOMMU_IOAS_IOVA_RANGES, ref query);
                if (!result.IsError)
                {
                    return Parse(memory.GetSpan(0, (int)memory.Length), query);
                }

                if (result.Errno != Errno.EMSGSIZE || query.NumIovas <= room || query.NumIovas > MostRanges)
                {
                    throw Cannot(result.Errno);
                }

                room = query.NumIovas;
            }
        }
    }

    /// <summary>Reads an answer.</summary>
    internal static IoasRanges Parse(ReadOnlySpan<byte> array, in IommuIoasIovaRanges query)
    {
        List<IovaRange> ranges = [];
        var count = Math.Min(query.NumIovas, (uint)(array.Length / IommuIovaRange.Size));
        for (var i = 0; i < count; i++)
        {
            var entry = array.Slice(i * IommuIovaRange.Size, IommuIovaRange.Size);
            ranges.Add(new IovaRange(BitConverter.ToUInt64(entry), BitConverter.ToUInt64(entry[8..])));
        }

        return new IoasRanges(Math.Max(1, query.OutIovaAlignment), ranges);
    }

    private static uint RoundUp(uint room)
    {
        var page = (uint)Environment.SystemPageSize / IommuIovaRange.Size;
        return (room + page - 1) / page * page;
    }

    private static VfioException Cannot(Errno errno) => new(
        errno, "IOMMU_IOAS_IOVA_RANGES", "cannot ask the iommufd for its I/O addresses");
}
