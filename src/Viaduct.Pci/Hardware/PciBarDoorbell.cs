namespace Viaduct.Pci.Hardware;

/// <summary>
/// A register whose writes an eventfd can stand for: all that matters of one is that it happened. Several that come close together may be one, and
/// nobody waits for it.
/// </summary>
/// <param name="Offset">Bytes from the BAR's start; a multiple of the width of the write.</param>
/// <param name="Size">Bytes of a driver's write: 1, 2, 4, 8; 0 for any, which reaches the model as one of 4.</param>
/// <param name="DataMatch">The value that rings; null for any, which reaches the model as zero. Not with size 0.</param>
public readonly record struct PciBarDoorbell(ulong Offset, int Size, ulong? DataMatch = null)
{
    private const int WidthOfAny = 4;

    /// <summary>Bytes of the write that the model sees.</summary>
    internal int Width => Size == 0 ? WidthOfAny : Size;

    /// <summary>The value that the model sees.</summary>
    internal ulong Value => DataMatch ?? 0;

    internal bool IsPossible(PciBar bar)
        => Size is 0 or 1 or 2 or 4 or 8
            && (Offset & (ulong)(Width - 1)) == 0
            && Offset < bar.Size
            && (ulong)Width <= bar.Size - Offset
            && (DataMatch is null || (Size != 0 && DataMatch <= ulong.MaxValue >> (64 - (8 * Size))))
            && bar.Memory?.Contains(Offset, Width) != true;
}
