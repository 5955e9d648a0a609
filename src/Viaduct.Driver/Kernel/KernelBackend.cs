using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>A device file of the kernel's VFIO, opened through its group or by its own node.</summary>
internal sealed class KernelBackend : IDeviceBackend
{
    private const int FlagsAt = 4;
    private const int CapOffsetAt = 12;
    private const int SizeAt = 16;
    private const int OffsetAt = 24;
    private const int ResetAttempts = 100;
    private const int ResetPauseMilliseconds = 10;

    private readonly FileDescriptorHandle _file;
    private readonly IDisposable? _owned;
    private readonly RegionInfo[] _regions;
    private readonly ulong[] _offsets;
    private int _disposed;

    /// <param name="file">The device; the back-end's from now on, also where this throws.</param>
    /// <param name="name">Its address.</param>
    /// <param name="dma">The address space that it is attached to.</param>
    /// <param name="owned">What is disposed after the device is closed; not where this throws.</param>
    internal KernelBackend(FileDescriptorHandle file, string name, DmaSpace dma, IDisposable? owned)
    {
        _file = file;
        _owned = owned;
        Name = name;
        Dma = dma;
        try
        {
            var info = new VfioDeviceInfo { ArgSz = VfioDeviceInfo.Size };
            var result = FileCalls.Ioctl(file, VfioIoctl.VFIO_DEVICE_GET_INFO, ref info);
            if (result.IsError)
            {
                throw new VfioException(
                    result.Errno, "VFIO_DEVICE_GET_INFO", $"cannot ask for the properties of {name}");
            }

            if (!info.Flags.HasFlag(VfioDeviceInfoFlags.VFIO_DEVICE_FLAGS_PCI) || info.NumRegions <= RegionIndex.Config)
            {
                throw new VfioException(
                    Errno.ENODEV, "VFIO_DEVICE_GET_INFO", $"{name} is not a PCI device", $"its flags are {info.Flags}");
            }

            CanReset = info.Flags.HasFlag(VfioDeviceInfoFlags.VFIO_DEVICE_FLAGS_RESET);
            _regions = new RegionInfo[RegionIndex.Config + 1];
            _offsets = new ulong[_regions.Length];
            for (var i = 0; i < _regions.Length; i++)
            {
                (_regions[i], _offsets[i]) = QueryRegion(i);
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public string Name { get; }

    public bool CanReset { get; }

    public DmaSpace Dma { get; }

    public RegionInfo GetRegion(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _regions.Length);
        return _regions[index];
    }

    public void ReadRegion(int index, ulong offset, Span<byte> data)
    {
        var start = _offsets[index];
        for (var done = 0; done < data.Length;)
        {
            var result = FileCalls.Pread(_file, data[done..], start + offset + (uint)done);
            if (result.Raw <= 0)
            {
                var errno = result.IsError ? result.Errno : Errno.EIO;
                throw VfioErrors.CannotAccess(errno, Name, index, offset, data.Length, write: false);
            }

            done += (int)result.Raw;
        }
    }

    public void WriteRegion(int index, ulong offset, ReadOnlySpan<byte> data)
    {
        var start = _offsets[index];
        for (var done = 0; done < data.Length;)
        {
            var result = FileCalls.Pwrite(_file, data[done..], start + offset + (uint)done);
            if (result.Raw <= 0)
            {
                var errno = result.IsError ? result.Errno : Errno.EIO;
                throw VfioErrors.CannotAccess(errno, Name, index, offset, data.Length, write: true);
            }

            done += (int)result.Raw;
        }
    }

    public MappedRegion MapRegion(int index, MappableArea area)
    {
        var result = MemoryMapping.Map(
            _file, _offsets[index] + area.Offset, (nuint)area.Size, GetRegion(index).CanWrite, out var mapping);
        return mapping is null
            ? throw new VfioException(
                result.Errno,
                "mmap",
                $"cannot map {Sizes.Format(area.Size)} at 0x{area.Offset:x} of region {index} of {Name}")
            : new MappedRegion(mapping, area.Offset);
    }

    public int GetInterruptCount(InterruptKind kind)
    {
        var info = new VfioIrqInfo { ArgSz = VfioIrqInfo.Size, Index = (uint)kind };
        var result = FileCalls.Ioctl(_file, VfioIoctl.VFIO_DEVICE_GET_IRQ_INFO, ref info);

        // EINVAL: a kernel that does not know the kind.
        return result.Errno switch
        {
            Errno.None => (int)info.Count,
            Errno.EINVAL => 0,
            _ => throw new VfioException(
                result.Errno, "VFIO_DEVICE_GET_IRQ_INFO", $"cannot ask {Name} for its {kind} interrupts"),
        };
    }

    public void EnableInterrupts(InterruptKind kind, ReadOnlySpan<EventFd> eventFds)
    {
        const VfioIrqSetFlags Flags =
            VfioIrqSetFlags.VFIO_IRQ_SET_DATA_EVENTFD | VfioIrqSetFlags.VFIO_IRQ_SET_ACTION_TRIGGER;
        var request = IrqSet(kind, Flags, 0, eventFds.Length);
        var start = request.Length;
        Array.Resize(ref request, start + (eventFds.Length * sizeof(int)));
        BitConverter.TryWriteBytes(request, (uint)request.Length);
        for (var i = 0; i < eventFds.Length; i++)
        {
            var number = (int)eventFds[i].DangerousGetHandle();
            BitConverter.TryWriteBytes(request.AsSpan(start + (i * sizeof(int))), number);
        }

        var result = FileCalls.Ioctl(_file, VfioIoctl.VFIO_DEVICE_SET_IRQS, request.AsSpan());
        if (result.IsError)
        {
            throw VfioErrors.CannotEnableInterrupts(result.Errno, Name, kind, eventFds.Length);
        }

        // A positive answer is how many vectors there are; none of them was enabled.
        if (result.Raw > 0)
        {
            throw new VfioException(
                Errno.ENOSPC,
                "VFIO_DEVICE_SET_IRQS",
                $"cannot enable {eventFds.Length} {kind} interrupts of {Name}",
                $"the machine has {result.Raw} vectors for it",
                $"ask for at most {result.Raw}");
        }
    }

    public void DisableInterrupts(InterruptKind kind) => SetIrqs(
        kind, VfioIrqSetFlags.VFIO_IRQ_SET_DATA_NONE | VfioIrqSetFlags.VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0, "disable");

    public void UnmaskInterrupt(InterruptKind kind) => SetIrqs(
        kind, VfioIrqSetFlags.VFIO_IRQ_SET_DATA_NONE | VfioIrqSetFlags.VFIO_IRQ_SET_ACTION_UNMASK, 0, 1, "unmask");

    public void TriggerInterrupt(InterruptKind kind, int index) => SetIrqs(
        kind,
        VfioIrqSetFlags.VFIO_IRQ_SET_DATA_NONE | VfioIrqSetFlags.VFIO_IRQ_SET_ACTION_TRIGGER,
        index,
        1,
        "trigger");

    public void Reset()
    {
        for (var attempt = 1; ; attempt++)
        {
            var result = FileCalls.Ioctl(_file, VfioIoctl.VFIO_DEVICE_RESET);
            if (!result.IsError)
            {
                return;
            }

            if (result.Errno != Errno.EAGAIN || attempt == ResetAttempts)
            {
                throw VfioErrors.CannotReset(result.Errno, Name);
            }

            // Nothing tells when the device's lock is free again.
            FileCalls.Poll([], ResetPauseMilliseconds);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _file.Dispose();
        _owned?.Dispose();
    }

    private static byte[] IrqSet(InterruptKind kind, VfioIrqSetFlags flags, int start, int count)
    {
        var request = new byte[VfioIrqSet.Size];
        BitConverter.TryWriteBytes(request, (uint)request.Length);
        BitConverter.TryWriteBytes(request.AsSpan(4), (uint)flags);
        BitConverter.TryWriteBytes(request.AsSpan(8), (uint)kind);
        BitConverter.TryWriteBytes(request.AsSpan(12), (uint)start);
        BitConverter.TryWriteBytes(request.AsSpan(16), (uint)count);
        return request;
    }

    // No allocation: drivers unmask INTx in their interrupt loop.
    private void SetIrqs(InterruptKind kind, VfioIrqSetFlags flags, int start, int count, string verb)
    {
        var request = new VfioIrqSet
        {
            ArgSz = VfioIrqSet.Size,
            Flags = flags,
            Index = (uint)kind,
            Start = (uint)start,
            Count = (uint)count,
        };
        var result = FileCalls.Ioctl(_file, VfioIoctl.VFIO_DEVICE_SET_IRQS, ref request);
        if (result.IsError)
        {
            throw new VfioException(result.Errno, "VFIO_DEVICE_SET_IRQS", $"cannot {verb} {kind} of {Name}");
        }
    }

    private (RegionInfo Region, ulong Offset) QueryRegion(int index)
    {
        var result = InfoCall.TryGet(
            _file, VfioIoctl.VFIO_DEVICE_GET_REGION_INFO, VfioRegionInfo.StructSize, (uint)index, out var reply);
        if (result.IsError)
        {
            throw new VfioException(
                result.Errno, "VFIO_DEVICE_GET_REGION_INFO", $"cannot ask {Name} for region {index}");
        }

        return (ParseRegion(index, reply), BitConverter.ToUInt64(reply, OffsetAt));
    }

    internal static RegionInfo ParseRegion(int index, ReadOnlySpan<byte> reply)
    {
        var flags = (VfioRegionInfoFlags)BitConverter.ToUInt32(reply[FlagsAt..]);
        var size = BitConverter.ToUInt64(reply[SizeAt..]);
        List<MappableArea> areas = [];
        if (flags.HasFlag(VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_MMAP) && size > 0)
        {
            var first = flags.HasFlag(VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_CAPS)
                ? BitConverter.ToUInt32(reply[CapOffsetAt..])
                : 0;
            var sparse = CapabilityChain.Find(reply, first, VfioConstants.VFIO_REGION_INFO_CAP_SPARSE_MMAP);
            areas = sparse.IsEmpty
                ? [new MappableArea(0, size)]
                : CapabilityChain.Pairs(sparse, static (offset, length) => new MappableArea(offset, length));
            areas.RemoveAll(area => area.Size == 0 || area.Offset >= size || area.Size > size - area.Offset);
        }

        return new RegionInfo(
            index,
            size,
            flags.HasFlag(VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_READ),
            flags.HasFlag(VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_WRITE),
            areas);
    }
}
