using Viaduct.Devices.Nvme.Storage;
using Viaduct.Iommu;

namespace Viaduct.Devices.Nvme;

/// <summary>
/// The data of one command in host memory: <see cref="Map"/> finds where it is, the rest moves it. The engine uses one for all
/// commands, one after the other; nothing here allocates.
/// </summary>
internal sealed partial class HostData(DmaPort dma)
{
    /// <summary>The most data of a command: MDTS.</summary>
    public const int LargestLength = 1 << 20;

    private const int MostSegments = 1024;

    // Comparing holds a part of each side.
    private const int HalfBounce = LargestLength / 2;

    private readonly DataSegment[] _segments = new DataSegment[MostSegments];
    private readonly byte[] _bounce = new byte[LargestLength];
    private int _count;

    /// <summary>CC.MPS: bytes of a memory page.</summary>
    public ulong PageSize { get; set; } = 4096;

    /// <summary>Bytes of the command that <see cref="Map"/> saw last.</summary>
    public int Length { get; private set; }

    /// <summary>Finds a command's data.</summary>
    /// <param name="command">The command.</param>
    /// <param name="length">Bytes, at most <see cref="LargestLength"/>.</param>
    /// <param name="isToHost">The controller writes it.</param>
    /// <param name="allowsSgl">False for admin commands, which have PRPs only.</param>
    public NvmeStatus Map(in NvmeCommand command, int length, bool isToHost, bool allowsSgl)
    {
        _count = 0;
        Length = length;
        if (length == 0)
        {
            return NvmeStatus.Success;
        }

        return command.DataPointerKind switch
        {
            0 => MapPrps(command.Prp1, command.Prp2, (ulong)length),
            1 or 2 when allowsSgl => MapSgl(command.Prp1, command.Prp2, (ulong)length, isToHost),
            _ => NvmeStatus.InvalidField,
        };
    }

    /// <summary>Gives the host data that is here.</summary>
    /// <param name="source">As many bytes as were mapped, or fewer.</param>
    public NvmeStatus ToHost(ReadOnlySpan<byte> source)
    {
        for (var i = 0; i < _count && source.Length > 0; i++)
        {
            ref readonly var segment = ref _segments[i];
            var part = Math.Min(segment.Length, source.Length);
            if (!segment.IsBucket && !dma.Write(segment.Address, source[..part]).IsOk)
            {
                return NvmeStatus.DataTransferError;
            }

            source = source[part..];
        }

        return NvmeStatus.Success;
    }

    /// <summary>Takes data from the host.</summary>
    /// <param name="destination">As many bytes as were mapped, or fewer.</param>
    public NvmeStatus FromHost(Span<byte> destination)
    {
        for (var i = 0; i < _count && destination.Length > 0; i++)
        {
            ref readonly var segment = ref _segments[i];
            var part = Math.Min(segment.Length, destination.Length);
            if (!dma.Read(segment.Address, destination[..part]).IsOk)
            {
                return NvmeStatus.DataTransferError;
            }

            destination = destination[part..];
        }

        return NvmeStatus.Success;
    }

    /// <summary>Reads storage that is never waited for into the host's memory.</summary>
    public NvmeStatus ReadStorage(NvmeStorage storage, ulong offset)
    {
        for (var i = 0; i < _count; i++)
        {
            ref readonly var segment = ref _segments[i];
            var status = segment.IsBucket ? NvmeStatus.Success : ReadSegment(storage, offset, segment);
            if (status != NvmeStatus.Success)
            {
                return status;
            }

            offset += (ulong)segment.Length;
        }

        return NvmeStatus.Success;
    }

    /// <summary>Writes the host's memory to storage that is never waited for.</summary>
    public NvmeStatus WriteStorage(NvmeStorage storage, ulong offset)
    {
        for (var i = 0; i < _count; i++)
        {
            ref readonly var segment = ref _segments[i];
            var status = WriteSegment(storage, offset, segment);
            if (status != NvmeStatus.Success)
            {
                return status;
            }

            offset += (ulong)segment.Length;
        }

        return NvmeStatus.Success;
    }

    /// <summary>Reads storage into the host's memory in place, where that is one piece that is mapped here and nothing has to be waited
    /// for.</summary>
    /// <param name="storage">What is read.</param>
    /// <param name="offset">Its first byte.</param>
    /// <param name="wouldWait">The storage was asked, and would have had to wait.</param>
    /// <returns><see cref="NvmeStatus.Deferred"/> where it must go another way.</returns>
    public NvmeStatus TryReadInPlace(NvmeStorage storage, ulong offset, out bool wouldWait)
    {
        wouldWait = false;
        if (!IsOnePiece || !dma.TryGetSpan(_segments[0].Address, Length, DmaAccess.Write, out var lease))
        {
            return NvmeStatus.Deferred;
        }

        var result = storage.TryRead(offset, lease.Span);
        lease.Dispose();
        wouldWait = result == StorageResult.WouldWait;
        return OfRead(result);
    }

    /// <summary>Compares data that was read with the host's.</summary>
    /// <param name="ours">As many bytes as were mapped.</param>
    public NvmeStatus Compare(ReadOnlySpan<byte> ours)
    {
        for (var i = 0; i < _count; i++)
        {
            ref readonly var segment = ref _segments[i];
            var theirs = _bounce.AsSpan(0, segment.Length);
            if (!dma.Read(segment.Address, theirs).IsOk)
            {
                return NvmeStatus.DataTransferError;
            }

            if (!theirs.SequenceEqual(ours[..segment.Length]))
            {
                return NvmeStatus.CompareFailure;
            }

            ours = ours[segment.Length..];
        }

        return NvmeStatus.Success;
    }

    /// <summary>Compares storage that is never waited for with the host's memory.</summary>
    public NvmeStatus CompareStorage(NvmeStorage storage, ulong offset)
    {
        for (var i = 0; i < _count; i++)
        {
            var segment = _segments[i];
            for (var done = 0; done < segment.Length; done += HalfBounce)
            {
                var part = Math.Min(segment.Length - done, HalfBounce);
                var ours = _bounce.AsSpan(0, part);
                var theirs = _bounce.AsSpan(HalfBounce, part);
                if (storage.Read(offset, ours) != StorageResult.Ok)
                {
                    return NvmeStatus.UnrecoveredReadError;
                }

                if (!dma.Read(segment.Address + (ulong)done, theirs).IsOk)
                {
                    return NvmeStatus.DataTransferError;
                }

                if (!ours.SequenceEqual(theirs))
                {
                    return NvmeStatus.CompareFailure;
                }

                offset += (ulong)part;
            }
        }

        return NvmeStatus.Success;
    }

    /// <summary>Reads storage that is never waited for and drops what it says.</summary>
    public NvmeStatus VerifyStorage(NvmeStorage storage, ulong offset, ulong length)
    {
        while (length > 0)
        {
            var part = Math.Min(length, LargestLength);
            if (storage.Read(offset, _bounce.AsSpan(0, (int)part)) != StorageResult.Ok)
            {
                return NvmeStatus.UnrecoveredReadError;
            }

            offset += part;
            length -= part;
        }

        return NvmeStatus.Success;
    }

    /// <summary>The status of a write.</summary>
    public static NvmeStatus OfWrite(StorageResult result) => result switch
    {
        StorageResult.Ok => NvmeStatus.Success,
        StorageResult.NoSpace => NvmeStatus.CapacityExceeded,
        _ => NvmeStatus.WriteFault,
    };

    /// <summary>The status of a read.</summary>
    public static NvmeStatus OfRead(StorageResult result) => result switch
    {
        StorageResult.Ok => NvmeStatus.Success,
        StorageResult.WouldWait => NvmeStatus.Deferred,
        _ => NvmeStatus.UnrecoveredReadError,
    };

    // A bit bucket is no place to read to.
    private bool IsOnePiece => _count == 1 && !_segments[0].IsBucket;

    private NvmeStatus ReadSegment(NvmeStorage storage, ulong offset, in DataSegment segment)
    {
        if (dma.TryGetSpan(segment.Address, segment.Length, DmaAccess.Write, out var lease))
        {
            var result = storage.Read(offset, lease.Span);
            lease.Dispose();
            return result == StorageResult.Ok ? NvmeStatus.Success : NvmeStatus.UnrecoveredReadError;
        }

        var bounce = _bounce.AsSpan(0, segment.Length);
        if (storage.Read(offset, bounce) != StorageResult.Ok)
        {
            return NvmeStatus.UnrecoveredReadError;
        }

        return dma.Write(segment.Address, bounce).IsOk ? NvmeStatus.Success : NvmeStatus.DataTransferError;
    }

    private NvmeStatus WriteSegment(NvmeStorage storage, ulong offset, in DataSegment segment)
    {
        if (dma.TryGetSpan(segment.Address, segment.Length, DmaAccess.Read, out var lease))
        {
            var result = storage.Write(offset, lease.Span);
            lease.Dispose();
            return OfWrite(result);
        }

        var bounce = _bounce.AsSpan(0, segment.Length);
        return dma.Read(segment.Address, bounce).IsOk
            ? OfWrite(storage.Write(offset, bounce))
            : NvmeStatus.DataTransferError;
    }

    private bool TryAdd(ulong address, int length, bool isBucket = false)
    {
        if (_count > 0 && !isBucket)
        {
            ref var last = ref _segments[_count - 1];
            if (!last.IsBucket && last.Address + (ulong)last.Length == address)
            {
                last = last with { Length = last.Length + length };
                return true;
            }
        }

        if (_count == MostSegments)
        {
            return false;
        }

        _segments[_count++] = new DataSegment(address, length, isBucket);
        return true;
    }
}
