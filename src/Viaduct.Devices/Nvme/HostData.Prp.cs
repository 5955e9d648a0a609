using System.Buffers.Binary;

namespace Viaduct.Devices.Nvme;

/// <content>Physical region pages, NVMe base 2.0, 4.1.1.</content>
internal sealed partial class HostData
{
    private const int PrpLength = 8;

    // More entries than the largest transfer in the smallest pages needs are never read at once.
    private readonly byte[] _list = new byte[((LargestLength / 4096) + 1) * PrpLength];

    private NvmeStatus MapPrps(ulong first, ulong second, ulong length)
    {
        var offsetMask = PageSize - 1;
        if ((first & 3) != 0)
        {
            return NvmeStatus.PrpOffsetInvalid;
        }

        var part = Math.Min(length, PageSize - (first & offsetMask));
        TryAdd(first, (int)part);
        length -= part;
        if (length == 0)
        {
            return NvmeStatus.Success;
        }

        if (length > PageSize)
        {
            return MapPrpLists(second, length);
        }

        if ((second & offsetMask) != 0)
        {
            return NvmeStatus.PrpOffsetInvalid;
        }

        TryAdd(second, (int)length);
        return NvmeStatus.Success;
    }

    /// <summary>Lists of pages; a list that does not hold all leads with its last entry to the next.</summary>
    private NvmeStatus MapPrpLists(ulong list, ulong length)
    {
        var offsetMask = PageSize - 1;
        if ((list & (PrpLength - 1)) != 0)
        {
            return NvmeStatus.PrpOffsetInvalid;
        }

        while (true)
        {
            var needed = (length + offsetMask) / PageSize;
            var room = (PageSize - (list & offsetMask)) / PrpLength;
            var count = (int)Math.Min(needed, room);
            var bytes = _list.AsSpan(0, count * PrpLength);
            if (!dma.Read(list, bytes).IsOk)
            {
                return NvmeStatus.DataTransferError;
            }

            var pages = needed > room ? count - 1 : count;
            var status = AddPages(bytes[..(pages * PrpLength)], ref length);
            if (status != NvmeStatus.Success || length == 0)
            {
                return status;
            }

            list = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(pages * PrpLength)..]);
            if ((list & offsetMask) != 0)
            {
                return NvmeStatus.PrpOffsetInvalid;
            }
        }
    }

    private NvmeStatus AddPages(ReadOnlySpan<byte> list, ref ulong length)
    {
        for (; list.Length > 0; list = list[PrpLength..])
        {
            var page = BinaryPrimitives.ReadUInt64LittleEndian(list);
            if ((page & (PageSize - 1)) != 0)
            {
                return NvmeStatus.PrpOffsetInvalid;
            }

            var part = Math.Min(length, PageSize);
            TryAdd(page, (int)part);
            length -= part;
        }

        return NvmeStatus.Success;
    }
}
