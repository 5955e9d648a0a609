using System.Buffers.Binary;
using Viaduct.Memory;

namespace Viaduct.Pci.VfioPci;

/// <summary>
/// A function's BARs as the target of another function's DMA (peer to peer), by file position. Transfers are cut into
/// aligned pieces of at most 8 bytes. It takes this function's gate: a model that transfers with its own gate held
/// must not be the target of its target.
/// </summary>
internal sealed class VfioPciBarMemory(VfioPciDevice device) : MemorySource
{
    private const int WidestPiece = 8;

    public override bool TryRead(ulong offset, Span<byte> destination)
    {
        Span<byte> piece = stackalloc byte[WidestPiece];
        while (!destination.IsEmpty)
        {
            var width = PieceLength(offset, destination.Length);
            if (!device.TryLoad(offset, width, out var value))
            {
                return false;
            }

            BinaryPrimitives.WriteUInt64LittleEndian(piece, value);
            piece[..width].CopyTo(destination);
            destination = destination[width..];
            offset += (ulong)width;
        }

        return true;
    }

    public override bool TryWrite(ulong offset, ReadOnlySpan<byte> source)
    {
        Span<byte> piece = stackalloc byte[WidestPiece];
        while (!source.IsEmpty)
        {
            var width = PieceLength(offset, source.Length);
            piece.Clear();
            source[..width].CopyTo(piece);
            if (!device.TryStore(offset, width, BinaryPrimitives.ReadUInt64LittleEndian(piece)))
            {
                return false;
            }

            source = source[width..];
            offset += (ulong)width;
        }

        return true;
    }

    private static int PieceLength(ulong offset, int left)
    {
        var width = WidestPiece;
        while (width > left || (offset & (ulong)(width - 1)) != 0)
        {
            width >>= 1;
        }

        return width;
    }
}
