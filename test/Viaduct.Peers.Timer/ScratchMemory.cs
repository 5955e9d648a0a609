using System.Buffers.Binary;
using Viaduct.Pci.Hardware;

namespace Viaduct.Peers.Timer;

/// <summary>A BAR that is memory.</summary>
/// <param name="size">Bytes.</param>
internal sealed class ScratchMemory(int size) : IRegisterSpace
{
    private readonly byte[] _bytes = new byte[size];

    /// <inheritdoc/>
    public ulong Read(ulong offset, int width)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        word.Clear();
        _bytes.AsSpan((int)offset, width).CopyTo(word);
        return BinaryPrimitives.ReadUInt64LittleEndian(word);
    }

    /// <inheritdoc/>
    public void Write(ulong offset, int width, ulong value)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(word, value);
        word[..width].CopyTo(_bytes.AsSpan((int)offset));
    }
}
