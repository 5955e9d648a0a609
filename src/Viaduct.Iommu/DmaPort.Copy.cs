using System.Buffers.Binary;
using System.Numerics;

namespace Viaduct.Iommu;

public sealed partial class DmaPort
{
    /// <summary>Bytes of a pattern that are laid out once and then copied.</summary>
    private const int PatternBlock = 16 << 10;

    /// <summary>The device copies memory, upwards in pieces; ranges that overlap give what such a copy gives.</summary>
    /// <param name="destination">I/O virtual address of the first byte written.</param>
    /// <param name="source">I/O virtual address of the first byte read.</param>
    /// <param name="length">Bytes.</param>
    public DmaResult Copy(ulong destination, ulong source, ulong length)
    {
        var limit = MaxPiece;
        for (ulong done = 0; done < length;)
        {
            var from = source + done;
            var to = destination + done;
            var most = Math.Min(Piece(from, length - done, limit), Piece(to, length - done, limit));
            var access = from < source ? DmaAccess.Read : DmaAccess.Write;
            var moved = 0;
            var outcome = from < source || to < destination
                ? Outcome.NoTranslation
                : CopyPiece(to, from, most, out moved, out access);
            if (outcome == Outcome.Moved)
            {
                done += (ulong)moved;
            }
            else if (!Retries(outcome, ref limit))
            {
                return Fail(outcome, access == DmaAccess.Read ? from : to, access);
            }
        }

        Observer?.Transferred(DmaAccess.Read, source, length);
        Observer?.Transferred(DmaAccess.Write, destination, length);
        return DmaResult.Ok;
    }

    /// <summary>The device fills memory.</summary>
    /// <param name="address">I/O virtual address of the first byte.</param>
    /// <param name="pattern">Eight bytes, the least significant first, which repeat from there on.</param>
    /// <param name="length">Bytes; need not be a multiple of eight.</param>
    public DmaResult Fill(ulong address, ulong pattern, ulong length)
    {
        var limit = MaxPiece;
        for (ulong done = 0; done < length;)
        {
            var at = address + done;
            var phase = BitOperations.RotateRight(pattern, 8 * (int)(done & 7));
            var moved = 0;
            var outcome = at < address
                ? Outcome.NoTranslation
                : FillPiece(at, phase, Piece(at, length - done, limit), out moved);
            if (outcome == Outcome.Moved)
            {
                done += (ulong)moved;
            }
            else if (!Retries(outcome, ref limit))
            {
                return Fail(outcome, at, DmaAccess.Write);
            }
        }

        Observer?.Transferred(DmaAccess.Write, address, length);
        return DmaResult.Ok;
    }

    private Outcome CopyPiece(ulong to, ulong from, int most, out int moved, out DmaAccess access)
    {
        moved = 0;
        var slot = Enter();
        try
        {
            access = DmaAccess.Read;
            var outcome = Translate(slot, from, DmaAccess.Read, ref slot.ReadCache, out var source);
            if (outcome != Outcome.Moved)
            {
                return outcome;
            }

            access = DmaAccess.Write;
            outcome = Translate(slot, to, DmaAccess.Write, ref slot.WriteCache, out var destination);
            if (outcome != Outcome.Moved)
            {
                return outcome;
            }

            moved = (int)Math.Min((ulong)most, Math.Min(source.Length, destination.Length));
            return Move(slot, to, source, destination, ref moved, out access);
        }
        finally
        {
            slot.Leave();
        }
    }

    /// <summary>Moves bytes with as few copies as the two memories allow.</summary>
    private static Outcome Move(
        TransferSlot slot,
        ulong to,
        in DmaTranslation source,
        in DmaTranslation destination,
        ref int count,
        out DmaAccess access)
    {
        access = DmaAccess.Write;
        if (source.Source.TryGetSpan(source.Offset, count, out var from))
        {
            slot.Dirty?.Mark(to, (ulong)count);
            return destination.Source.TryWrite(destination.Offset, from) ? Outcome.Moved : Outcome.NoMemory;
        }

        if (destination.Source.TryGetSpan(destination.Offset, count, out var into))
        {
            access = DmaAccess.Read;
            slot.Dirty?.Mark(to, (ulong)count);
            return source.Source.TryRead(source.Offset, into) ? Outcome.Moved : Outcome.NoMemory;
        }

        count = Math.Min(count, BounceSize);
        var buffer = slot.Buffer.AsSpan(0, count);
        if (!source.Source.TryRead(source.Offset, buffer))
        {
            access = DmaAccess.Read;
            return Outcome.NoMemory;
        }

        slot.Dirty?.Mark(to, (ulong)count);
        return destination.Source.TryWrite(destination.Offset, buffer) ? Outcome.Moved : Outcome.NoMemory;
    }

    private Outcome FillPiece(ulong at, ulong pattern, int most, out int moved)
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

            moved = (int)Math.Min((ulong)most, translation.Length);
            if (translation.Source.TryGetSpan(translation.Offset, moved, out var span))
            {
                slot.Dirty?.Mark(at, (ulong)moved);
                Repeat(pattern, span);
                return Outcome.Moved;
            }

            moved = Math.Min(moved, BounceSize);
            var buffer = slot.Buffer.AsSpan(0, moved);
            Repeat(pattern, buffer);
            slot.Dirty?.Mark(at, (ulong)moved);
            return translation.Source.TryWrite(translation.Offset, buffer) ? Outcome.Moved : Outcome.NoMemory;
        }
        finally
        {
            slot.Leave();
        }
    }

    /// <summary>Lays a pattern out: eight bytes, doubled up to a block that stays in the cache, and then that
    /// block.</summary>
    private static void Repeat(ulong pattern, Span<byte> span)
    {
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(eight, pattern);
        var done = Math.Min(8, span.Length);
        eight[..done].CopyTo(span);
        while (done < span.Length)
        {
            var part = Math.Min(Math.Min(done, PatternBlock), span.Length - done);
            span[..part].CopyTo(span[done..]);
            done += part;
        }
    }
}
