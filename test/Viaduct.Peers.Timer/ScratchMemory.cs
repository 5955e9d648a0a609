using System.Buffers.Binary;
using Viaduct.Pci.Hardware;

namespace Viaduct.Peers.Timer;

/// <summary>A BAR that is memory in part; behind it everything is zero.</summary>
/// <param name="size">Bytes of memory; a multiple of eight.</param>
internal sealed class ScratchMemory(int size) : IRegisterSpace
{
    private readonly byte[] _bytes = new byte[size];

    /// <summary>All of it.</summary>
    public Span<byte> Bytes => _bytes;

    /// <inheritdoc/>
    public ulong Read(ulong offset, int width)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        word.Clear();
        if (offset < (ulong)size)
        {
            _bytes.AsSpan((int)offset, width).CopyTo(word);
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(word);
    }

    /// <inheritdoc/>
    public void Write(ulong offset, int width, ulong value)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(word, value);
        if (offset < (ulong)size)
        {
            word[..width].CopyTo(_bytes.AsSpan((int)offset));
        }
    }
}
