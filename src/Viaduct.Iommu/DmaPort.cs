namespace Viaduct.Iommu;

/// <summary>
/// A device's way to memory: I/O virtual addresses in, bytes out. A model sees nothing else, and so cannot tell a
/// supervised program from a virtual machine. Any thread may call, several at once too; a fault is a value, never an
/// exception. A transfer goes in pieces of <see cref="MaxPiece"/> at most, each translated anew: unmapping waits for a
/// piece and not for a transfer, and a transfer that outlives its mapping ends in a fault. Bytes before the address
/// of a
/// fault have moved, none from there on.
/// <para>A <see cref="Viaduct.Memory.MemorySource"/> runs within a piece: it may start transfers of its own (a BAR
/// that is
/// the target of another device's DMA), but must not wait for whoever unmaps, such as for a container's lock.</para>
/// </summary>
/// <param name="group">The group whose address space translates.</param>
public sealed partial class DmaPort(IommuGroup group)
{
    /// <summary>The most bytes that move between two translations.</summary>
    public const int MaxPiece = 1 << 20;

    /// <summary>The most bytes that move at once between two memories neither of which is mapped here.</summary>
    internal const int BounceSize = 256 << 10;

    private const ulong PageSize = 4096;

    private readonly Lock _growLock = new();
    private TransferSlot[] _slots = [new()];
    private volatile bool _busMaster;

    private enum Outcome : byte
    {
        Moved,
        BusMasterDisabled,
        NoTranslation,
        NoMemory,
    }

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
        var limit = MaxPiece;
        while (done < destination.Length)
        {
            var at = address + (ulong)done;
            var piece = Piece(at, (ulong)(destination.Length - done), limit);
            var outcome = at < address
                ? Outcome.NoTranslation
                : ReadPiece(at, destination.Slice(done, piece), out piece);
            if (outcome == Outcome.Moved)
            {
                done += piece;
            }
            else if (!Retries(outcome, ref limit))
            {
                return Fail(outcome, at, DmaAccess.Read);
            }
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
        var limit = MaxPiece;
        while (done < source.Length)
        {
            var at = address + (ulong)done;
            var piece = Piece(at, (ulong)(source.Length - done), limit);
            var outcome = at < address
                ? Outcome.NoTranslation
                : WritePiece(at, source.Slice(done, piece), out piece);
            if (outcome == Outcome.Moved)
            {
                done += piece;
            }
            else if (!Retries(outcome, ref limit))
            {
                return Fail(outcome, at, DmaAccess.Write);
            }
        }

        Observer?.Transferred(DmaAccess.Write, address, (ulong)source.Length);
        return DmaResult.Ok;
    }

    /// <summary>The memory in place, where it is mapped into this process and one mapping holds all of it.</summary>
    /// <param name="address">I/O virtual address of the first byte.</param>
    /// <param name="length">Bytes, at most <see cref="MaxPiece"/>.</param>
    /// <param name="access">What the device does with them.</param>
    /// <param name="lease">To be disposed where this returns true.</param>
    /// <returns>False where <see cref="Read"/> and <see cref="Write"/> must do; that is no fault.</returns>
    public bool TryGetSpan(ulong address, int length, DmaAccess access, out DmaLease lease)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaxPiece);
        lease = default;
        var slot = Enter();
        try
        {
            if (Translate(slot, address, access, ref slot.WriteCache, out var translation) == Outcome.Moved
                && translation.Length >= (ulong)length
                && translation.Source.TryGetSpan(translation.Offset, length, out var span))
            {
                if ((access & DmaAccess.Write) != 0)
                {
                    slot.Dirty?.Mark(address, (ulong)length);
                }

                lease = new DmaLease(slot, span);
            }
        }
        finally
        {
            if (!lease.IsHeld)
            {
                slot.Leave();
            }
        }

        if (lease.IsHeld)
        {
            Observer?.Transferred(access, address, (ulong)length);
        }

        return lease.IsHeld;
    }

    /// <summary>How much to try at once: all that is left, the limit, or once a piece has failed up to the page's
    /// end.</summary>
    private static int Piece(ulong at, ulong left, int limit)
        => (int)Math.Min(left, limit == MaxPiece ? MaxPiece : PageSize - (at & (PageSize - 1)));

    /// <summary>Memory that has gone is looked for page by page, so that what comes before it moves and the fault has
    /// the
    /// right address.</summary>
    private static bool Retries(Outcome outcome, ref int limit)
    {
        if (outcome != Outcome.NoMemory || limit != MaxPiece)
        {
            return false;
        }

        limit = (int)PageSize;
        return true;
    }

    private Outcome ReadPiece(ulong at, Span<byte> destination, out int moved)
    {
        moved = 0;
        var slot = Enter();
        try
        {
            var outcome = Translate(slot, at, DmaAccess.Read, ref slot.ReadCache, out var translation);
            if (outcome != Outcome.Moved)
            {
                return outcome;
            }

            moved = (int)Math.Min(translation.Length, (ulong)destination.Length);
            return translation.Source.TryRead(translation.Offset, destination[..moved])
                ? Outcome.Moved
                : Outcome.NoMemory;
        }
        finally
        {
            slot.Leave();
        }
    }

    private Outcome WritePiece(ulong at, ReadOnlySpan<byte> source, out int moved)
    {
        moved = 0;
        var slot = Enter();
        try
        {
            var outcome = Translate(slot, at, DmaAccess.Write, ref slot.WriteCache, out var translation);
            if (outcome != Outcome.Moved)
            {
                return outcome;
            }

            moved = (int)Math.Min(translation.Length, (ulong)source.Length);
            slot.Dirty?.Mark(at, (ulong)moved);
            return translation.Source.TryWrite(translation.Offset, source[..moved]) ? Outcome.Moved : Outcome.NoMemory;
        }
        finally
        {
            slot.Leave();
        }
    }

    private Outcome Translate(
        TransferSlot slot, ulong address, DmaAccess access, ref TranslationCache cache, out DmaTranslation translation)
    {
        if (!_busMaster)
        {
            translation = default;
            return Outcome.BusMasterDisabled;
        }

        // Enter has seen the group there. Where it has been moved since, whoever moved it waits for this transfer.
        if (slot.Space is { } space && space.TryTranslate(address, access, ref cache, out translation))
        {
            return Outcome.Moved;
        }

        translation = default;
        return Outcome.NoTranslation;
    }

    /// <summary>Begins a piece: a slot that is this thread's, marked, and known to the group's address space if it has one.</summary>
    private TransferSlot Enter()
    {
        while (true)
        {
            var slot = TakeSlot();
            var domain = group.Domain;
            if (domain == slot.Domain)
            {
                return slot;
            }

            slot.MoveTo(domain);
            slot.Leave();
        }
    }

    private TransferSlot TakeSlot()
    {
        while (true)
        {
            var slots = Volatile.Read(ref _slots);
            foreach (var slot in slots)
            {
                if (slot.TryEnter())
                {
                    return slot;
                }
            }

            // As many as ever were in transfers at once, and no more.
            lock (_growLock)
            {
                if (slots == _slots)
                {
                    Volatile.Write(ref _slots, [.. slots, new TransferSlot()]);
                }
            }
        }
    }

    private DmaResult Fail(Outcome outcome, ulong address, DmaAccess access)
    {
        if (outcome == Outcome.BusMasterDisabled)
        {
            return new DmaResult(DmaStatus.BusMasterDisabled, address, access);
        }

        var result = new DmaResult(DmaStatus.Fault, address, access);
        Observer?.Faulted(result);
        return result;
    }
}
