using System.Numerics;
using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu;

/// <summary>
/// The pages that a group's devices write, for who asks the device and not an IOMMU: VFIO_DEVICE_FEATURE_DMA_LOGGING. One thread at a time
/// calls; transfers go on meanwhile. While it is off a transfer pays for one test, and nobody takes a lock.
/// </summary>
/// <param name="space">What the transfers go through.</param>
public sealed class WriteLog(IoAddressSpace space)
{
    /// <summary>Ranges that can be asked for: the kernel's, a page of them.</summary>
    public const int MostRanges = 256;

    /// <summary>Bytes that are told apart.</summary>
    public const ulong PageSize = DirtyTree.PageSize;

    private readonly DirtyLog _log = new(new ByteBudget(ByteBudget.Default));
    private (ulong First, ulong Last)[] _ranges = [];

    /// <summary>Writes are noted.</summary>
    public bool IsOn { get; private set; }

    /// <summary>The group's transfers go through the address space from here on, and are noted while that is wanted.</summary>
    public void AttachTo(IommuGroup group) => group.Domain = new IoDomain(space, _log);

    /// <summary>Notes what is written from here on.</summary>
    /// <param name="ranges">What may be asked for; none for all.</param>
    /// <param name="meanwhile">See <see cref="IoAddressSpace.WaitForTransfersWhile"/>.</param>
    /// <returns>Zero; EINVAL where it is on, or a range is empty, no multiple of 4 KiB or over another one; E2BIG above
    /// <see cref="MostRanges"/>; EOVERFLOW where a range wraps.</returns>
    public SysResult Start(ReadOnlySpan<VfioDeviceFeatureDmaLoggingRange> ranges, Action meanwhile)
    {
        if (ranges.Length > MostRanges)
        {
            return Errno.E2BIG;
        }

        var result = Take(ranges, out var taken);
        if (result.IsError || IsOn)
        {
            return result.IsError ? result : Errno.EINVAL;
        }

        (_ranges, IsOn) = (taken, true);
        _log.Start(space, meanwhile);
        return SysResult.Success;
    }

    /// <summary>Notes nothing more, and forgets what it has.</summary>
    /// <param name="meanwhile">See <see cref="IoAddressSpace.WaitForTransfersWhile"/>.</param>
    public void Stop(Action meanwhile)
    {
        if (IsOn)
        {
            IsOn = false;
            _log.Stop();
            space.WaitForTransfersWhile(meanwhile);
            _log.Drop();
        }
    }

    /// <summary>Tells which pages were written since they were told of last.</summary>
    /// <param name="iova">The first address; a multiple of 4 KiB.</param>
    /// <param name="length">Bytes; a multiple of 4 KiB, not zero.</param>
    /// <param name="pageSize">What a bit stands for: a power of two from 4 KiB on.</param>
    /// <param name="memory">Where the bitmap is.</param>
    /// <param name="bitmap">Its address; bits are set there, and none is cleared.</param>
    /// <param name="meanwhile">See <see cref="IoAddressSpace.WaitForTransfersWhile"/>.</param>
    /// <returns>Zero; EINVAL where it is off, or a value is not as it must be; EOVERFLOW where the range wraps.</returns>
    public SysResult Report(ulong iova, ulong length, ulong pageSize, ClientMemory memory, ulong bitmap, Action meanwhile)
    {
        if (!IsOn || length == 0 || pageSize < PageSize || !BitOperations.IsPow2(pageSize) || ((iova | length) & (PageSize - 1)) != 0)
        {
            return Errno.EINVAL;
        }

        var last = iova + (length - 1);
        if (last < iova)
        {
            return Errno.EOVERFLOW;
        }

        var bits = new DirtyBitmap(memory, bitmap, iova, pageSize);
        foreach (var range in _ranges)
        {
            var (from, to) = (Math.Max(iova, range.First), Math.Min(last, range.Last));
            if (from <= to)
            {
                _log.Report(from, to, clears: true, bits);
            }
        }

        bits.Flush();

        // A write that was told of is complete.
        space.WaitForTransfersWhile(meanwhile);
        return SysResult.Success;
    }

    private static SysResult Take(ReadOnlySpan<VfioDeviceFeatureDmaLoggingRange> ranges, out (ulong First, ulong Last)[] taken)
    {
        taken = [(0, ulong.MaxValue)];
        if (ranges.IsEmpty)
        {
            return SysResult.Success;
        }

        taken = new (ulong, ulong)[ranges.Length];
        for (var i = 0; i < ranges.Length; i++)
        {
            var (iova, length) = (ranges[i].Iova, ranges[i].Length);
            if (length == 0 || ((iova | length) & (PageSize - 1)) != 0)
            {
                return Errno.EINVAL;
            }

            taken[i] = (iova, iova + (length - 1));
            if (taken[i].Last < iova)
            {
                return Errno.EOVERFLOW;
            }
        }

        Array.Sort(taken);
        for (var i = 1; i < taken.Length; i++)
        {
            if (taken[i].First <= taken[i - 1].Last)
            {
                return Errno.EINVAL;
            }
        }

        return SysResult.Success;
    }
}
