namespace Viaduct.Iommu;

public sealed partial class DmaPort
{
    /// <summary>The device reads memory by way of whoever owns it, also where that is mapped here: vfio-user's DMA_READ. Without such a way it is
    /// <see cref="Read"/>.</summary>
    /// <param name="address">I/O virtual address of the first byte.</param>
    /// <param name="destination">Receives the bytes.</param>
    public DmaResult ReadThroughOwner(ulong address, Span<byte> destination)
    {
        for (var done = 0; done < destination.Length;)
        {
            var at = address + (ulong)done;
            var rest = destination[done..];
            var slot = Enter();
            try
            {
                var outcome = Translate(slot, at, DmaAccess.Read, ref slot.ReadCache, out var found);
                var moved = (int)Math.Min(found.Length, (ulong)Math.Min(rest.Length, MaxPiece));
                var owner = slot.Space?.Owner;
                if (outcome == Outcome.Moved && !(owner ?? found.Source).TryRead(owner is null ? found.Offset : at, rest[..moved]))
                {
                    outcome = Outcome.NoMemory;
                }

                if (outcome != Outcome.Moved)
                {
                    return Fail(outcome, at, DmaAccess.Read);
                }

                done += moved;
            }
            finally
            {
                slot.Leave();
            }
        }

        Observer?.Transferred(DmaAccess.Read, address, (ulong)destination.Length);
        return DmaResult.Ok;
    }

    /// <summary>The device writes memory by way of whoever owns it, also where that is mapped here: vfio-user's DMA_WRITE. Without such a way it
    /// is <see cref="Write"/>.</summary>
    /// <param name="address">I/O virtual address of the first byte.</param>
    /// <param name="source">The bytes.</param>
    public DmaResult WriteThroughOwner(ulong address, ReadOnlySpan<byte> source)
    {
        for (var done = 0; done < source.Length;)
        {
            var at = address + (ulong)done;
            var rest = source[done..];
            var slot = Enter();
            try
            {
                var outcome = Translate(slot, at, DmaAccess.Write, ref slot.WriteCache, out var found);
                var moved = (int)Math.Min(found.Length, (ulong)Math.Min(rest.Length, MaxPiece));
                slot.Dirty?.Mark(at, outcome == Outcome.Moved ? (ulong)moved : 0);
                var owner = slot.Space?.Owner;
                if (outcome == Outcome.Moved && !(owner ?? found.Source).TryWrite(owner is null ? found.Offset : at, rest[..moved]))
                {
                    outcome = Outcome.NoMemory;
                }

                if (outcome != Outcome.Moved)
                {
                    return Fail(outcome, at, DmaAccess.Write);
                }

                done += moved;
            }
            finally
            {
                slot.Leave();
            }
        }

        Observer?.Transferred(DmaAccess.Write, address, (ulong)source.Length);
        return DmaResult.Ok;
    }
}
