using System.Numerics;

namespace Viaduct.Supervisor.X86;

/// <summary>
/// Vector-sized memory accesses. What the processor sends as one transaction reaches the device as ascending, naturally
/// aligned pieces of at most 8 bytes, the widest access that a register model knows. Up to 8 bytes are a scalar: one access.
/// </summary>
internal static class VectorAccess
{
    private const int MaximumPiece = 8;

    /// <summary>A byte mask with every byte of a width enabled.</summary>
    public static ulong All(int width) => ulong.MaxValue >> (64 - width);

    /// <summary>Reads the bytes whose bit is set in <paramref name="mask"/>; the others keep their value.</summary>
    public static EmulationOutcome Read(ref Trap trap, ulong address, scoped Span<byte> data, ulong mask)
    {
        if (data.Length <= MaximumPiece && mask == All(data.Length))
        {
            return trap.Read(address, data);
        }

        EmulationOutcome outcome = EmulationOutcome.Completed;
        while (mask != 0 && outcome == EmulationOutcome.Completed)
        {
            int start = NextPiece(address, ref mask, out int length);
            outcome = trap.Read(address + (ulong)start, data.Slice(start, length));
        }

        return outcome;
    }

    /// <summary>Writes the bytes whose bit is set in <paramref name="mask"/>.</summary>
    public static EmulationOutcome Write(ref Trap trap, ulong address, scoped ReadOnlySpan<byte> data, ulong mask)
    {
        if (data.Length <= MaximumPiece && mask == All(data.Length))
        {
            return trap.Write(address, data);
        }

        EmulationOutcome outcome = EmulationOutcome.Completed;
        while (mask != 0 && outcome == EmulationOutcome.Completed)
        {
            int start = NextPiece(address, ref mask, out int length);
            outcome = trap.Write(address + (ulong)start, data.Slice(start, length));
        }

        return outcome;
    }

    /// <summary>Takes the lowest piece out of the mask: the longest naturally aligned one of its enabled bytes.</summary>
    private static int NextPiece(ulong address, ref ulong mask, out int length)
    {
        int start = BitOperations.TrailingZeroCount(mask);
        int enabled = BitOperations.TrailingZeroCount(~(mask >> start));
        ulong first = address + (ulong)start;
        length = MaximumPiece;
        while (length > enabled || (first & (ulong)(length - 1)) != 0)
        {
            length >>= 1;
        }

        mask &= ~(All(length) << start);
        return start;
    }
}
