namespace Viaduct.Iommu;

/// <summary>
/// A device's way to memory: I/O virtual addresses in, bytes out. A model sees nothing else, and so cannot tell a
/// supervised program from a virtual machine. Any thread may call; a fault is a value, never an exception.
/// </summary>
/// <param name="group">The group whose address space translates.</param>
public sealed class DmaPort(IommuGroup group)
{
    private volatile bool _busMaster;

    /// <summary>COMMAND.BUS_MASTER of the function: without it every transfer ends in
    /// <see cref="DmaStatus.BusMasterDisabled"/>.</summary>
    public bool BusMaster
    {
        get => _busMaster;
        set => _busMaster = value;
    }

    /// <summary>Hears of every transfer and fault; null while nobody listens.</summary>
    public IDmaObserver? Observer { get; set; }

    /// <summary>The device reads memory.</summary>
    /// <param name="address">I/O virtual address of the first byte.</param>
    /// <param name="destination">Receives the bytes.</param>
    public DmaResult Read(ulong address, Span<byte> destination)
    {
        var done = 0;
        while (done < destination.Length)
        {
            var at = address + (ulong)done;
            if (!Translate(at, DmaAccess.Read, out var translation, out var failure))
            {
                return failure;
            }

            var part = (int)Math.Min(translation.Length, (ulong)(destination.Length - done));
            if (!translation.Source.TryRead(translation.Offset, destination.Slice(done, part)))
            {
                return Fault(at, DmaAccess.Read);
            }

            done += part;
        }

        Observer?.Transferred(DmaAccess.Read, address, (ulong)destination.Length);
        return DmaResult.Ok;
    }

    /// <summary>The device writes memory.</summary>
    /// <param name="address">I/O virtual address of the first byte.</param>
    /// <param name="source">The bytes.</param>
    public DmaResult Write(ulong address, ReadOnlySpan<byte> source)
    {
        var done = 0;
        while (done < source.Length)
        {
            var at = address + (ulong)done;
            if (!Translate(at, DmaAccess.Write, out var translation, out var failure))
            {
                return failure;
            }

            var part = (int)Math.Min(translation.Length, (ulong)(source.Length - done));
            if (!translation.Source.TryWrite(translation.Offset, source.Slice(done, part)))
            {
                return Fault(at, DmaAccess.Write);
            }

            done += part;
        }

        Observer?.Transferred(DmaAccess.Write, address, (ulong)source.Length);
        return DmaResult.Ok;
    }

    private bool Translate(ulong address, DmaAccess access, out DmaTranslation translation, out DmaResult failure)
    {
        translation = default;
        failure = default;
        if (!_busMaster)
        {
            failure = new DmaResult(DmaStatus.BusMasterDisabled, address, access);
            return false;
        }

        if (group.AddressSpace is { } space && space.TryTranslate(address, access, out translation))
        {
            return true;
        }

        failure = Fault(address, access);
        return false;
    }

    private DmaResult Fault(ulong address, DmaAccess access)
    {
        var result = new DmaResult(DmaStatus.Fault, address, access);
        Observer?.Faulted(result);
        return result;
    }
}
