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

    /// <summary>Reads storage into the host's memory: in place where that is one piece or the storage is memory, else through a buffer, so
    /// that a file is asked once.</summary>
    public NvmeStatus ReadStorage(NvmeStorage storage, ulong offset)
    {
        if (_count > 1 && storage.IsSlow)
        {
            var whole = _bounce.AsSpan(0, Length);
            return storage.Read(offset, whole) == StorageResult.Ok ? ToHost(whole) : NvmeStatus.UnrecoveredReadError;
        }

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

    /// <summary>Writes the host's memory to storage.</summary>
    public NvmeStatus WriteStorage(NvmeStorage storage, ulong offset)
    {
        if (_count > 1 && storage.IsSlow)
        {
            var whole = _bounce.AsSpan(0, Length);
            var taken = FromHost(whole);
            return taken == NvmeStatus.Success ? OfWrite(storage.Write(offset, whole)) : taken;
        }

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

    /// <summary>Compares storage with the host's memory.</summary>
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

    /// <summary>Reads storage and drops what it says.</summary>
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
