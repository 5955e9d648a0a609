using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>
/// What all back-ends that speak vfio.h's structures share: the kernel's device files, a vfio-user server's messages and
/// the core in this process answer the same requests. How a request gets there, and registers and mappings, are each
/// one's own.
/// </summary>
/// <param name="name">The device's name for messages.</param>
/// <param name="dma">The address space that it is attached to.</param>
internal abstract class VfioBackend(string name, DmaSpace dma) : IDeviceBackend
{
    private const int FlagsAt = 4;
    private const int CapOffsetAt = 12;
    private const int SizeAt = 16;
    private const int OffsetAt = 24;
    private const uint MostInterrupts = 2048; // MSI-X has no more
    private const int ResetAttempts = 100;
    private const int ResetPauseMilliseconds = 10;

    /// <summary>Interrupts signal eventfds.</summary>
    protected const VfioIrqSetFlags EventFdFlags =
        VfioIrqSetFlags.VFIO_IRQ_SET_DATA_EVENTFD | VfioIrqSetFlags.VFIO_IRQ_SET_ACTION_TRIGGER;

    private readonly RegionInfo[] _regions = new RegionInfo[RegionIndex.Config + 1];
    private int _disposed;

    public string Name { get; } = name;

    public bool CanReset { get; private set; }

    public DmaSpace Dma { get; } = dma;

    /// <summary>Where each region starts in the device's file.</summary>
    protected ulong[] Offsets { get; } = new ulong[RegionIndex.Config + 1];

    public RegionInfo GetRegion(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _regions.Length);
        return _regions[index];
    }

    public abstract void ReadRegion(int index, ulong offset, Span<byte> data);

    public abstract void WriteRegion(int index, ulong offset, ReadOnlySpan<byte> data);

    public abstract MappedRegion MapRegion(int index, MappableArea area);

    public int GetInterruptCount(InterruptKind kind)
    {
        var info = new byte[VfioIrqInfo.Size];
        BitConverter.TryWriteBytes(info, (uint)info.Length);
        BitConverter.TryWriteBytes(info.AsSpan(8), (uint)kind);
        var result = Request(VfioIoctl.VFIO_DEVICE_GET_IRQ_INFO, info);

        // EINVAL: one that does not know the kind.
        return result.Errno switch
        {
            Errno.None => (int)Math.Min(BitConverter.ToUInt32(info, 12), MostInterrupts),
            Errno.EINVAL => 0,
            _ => throw new VfioException(
                result.Errno, "VFIO_DEVICE_GET_IRQ_INFO", $"cannot ask {Name} for its {kind} interrupts"),
        };
    }

    public void EnableInterrupts(InterruptKind kind, ReadOnlySpan<EventFd> eventFds)
    {
        var result = SetEventFds(kind, eventFds);
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
            var result = Request(VfioIoctl.VFIO_DEVICE_RESET, []);
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
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Close();
        }
    }

    /// <summary>Closes the device, and then what it owns.</summary>
    protected abstract void Close();

    /// <summary>Makes a request of vfio.h whose argument is a structure with its tail, in and out.</summary>
    /// <returns>The kernel's answer, or what would be it.</returns>
    protected abstract SysResult Request(uint request, Span<byte> argument);

    /// <summary>Gives a kind's interrupts from 0 on their eventfds: by the structure's tail.</summary>
    protected virtual SysResult SetEventFds(InterruptKind kind, ReadOnlySpan<EventFd> eventFds)
    {
        var request = new byte[VfioIrqSet.Size + (eventFds.Length * sizeof(int))];
        Fill(request, kind, EventFdFlags, 0, eventFds.Length);
        for (var i = 0; i < eventFds.Length; i++)
        {
            var number = (int)eventFds[i].DangerousGetHandle();
            BitConverter.TryWriteBytes(request.AsSpan(VfioIrqSet.Size + (i * sizeof(int))), number);
        }

        return Request(VfioIoctl.VFIO_DEVICE_SET_IRQS, request);
    }

    /// <summary>Asks what the device is and has. A back-end does it once, when it can make requests.</summary>
    /// <param name="canMap">False where nothing can be mapped, whatever the device says.</param>
    /// <exception cref="VfioException">It is no PCI device, or refuses.</exception>
    protected void Describe(bool canMap = true)
    {
        var info = new byte[VfioDeviceInfo.MinSize];
        BitConverter.TryWriteBytes(info, (uint)info.Length);
        var result = Request(VfioIoctl.VFIO_DEVICE_GET_INFO, info);
        if (result.IsError)
        {
            throw new VfioException(
                result.Errno, "VFIO_DEVICE_GET_INFO", $"cannot ask for the properties of {Name}");
        }

        var flags = (VfioDeviceInfoFlags)BitConverter.ToUInt32(info, FlagsAt);
        if (!flags.HasFlag(VfioDeviceInfoFlags.VFIO_DEVICE_FLAGS_PCI) || BitConverter.ToUInt32(info, 8) <= RegionIndex.Config)
        {
            throw new VfioException(
                Errno.ENODEV, "VFIO_DEVICE_GET_INFO", $"{Name} is not a PCI device", $"its flags are {flags}");
        }

        CanReset = flags.HasFlag(VfioDeviceInfoFlags.VFIO_DEVICE_FLAGS_RESET);
        for (var i = 0; i < _regions.Length; i++)
        {
            result = InfoCall.TryGet(
                Request, VfioIoctl.VFIO_DEVICE_GET_REGION_INFO, VfioRegionInfo.StructSize, (uint)i, out var reply);
            if (result.IsError)
            {
                throw new VfioException(result.Errno, "VFIO_DEVICE_GET_REGION_INFO", $"cannot ask {Name} for region {i}");
            }

            var region = ParseRegion(i, reply);
            _regions[i] = canMap ? region : region with { MappableAreas = [] };
            Offsets[i] = BitConverter.ToUInt64(reply, OffsetAt);
        }
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

    /// <summary>Writes a struct vfio_irq_set whose argsz is the span's length.</summary>
    protected static void Fill(Span<byte> request, InterruptKind kind, VfioIrqSetFlags flags, int start, int count)
    {
        BitConverter.TryWriteBytes(request, (uint)request.Length);
        BitConverter.TryWriteBytes(request[4..], (uint)flags);
        BitConverter.TryWriteBytes(request[8..], (uint)kind);
        BitConverter.TryWriteBytes(request[12..], (uint)start);
        BitConverter.TryWriteBytes(request[16..], (uint)count);
    }

    // No allocation: drivers unmask INTx in their interrupt loop.
    private void SetIrqs(InterruptKind kind, VfioIrqSetFlags flags, int start, int count, string verb)
    {
        Span<byte> request = stackalloc byte[VfioIrqSet.Size];
        Fill(request, kind, flags, start, count);
        var result = Request(VfioIoctl.VFIO_DEVICE_SET_IRQS, request);
        if (result.IsError)
        {
            throw new VfioException(result.Errno, "VFIO_DEVICE_SET_IRQS", $"cannot {verb} {kind} of {Name}");
        }
    }
}
