using Viaduct.Pci.Hardware;

namespace Viaduct.Pci.Tests.Infrastructure;

/// <summary>A BAR of plain memory that remembers which accesses it saw.</summary>
internal sealed class RamRegisters(int size) : IRegisterSpace
{
    public byte[] Bytes { get; } = new byte[size];

    /// <summary>(offset, width) of every access; null where nobody wants them.</summary>
    public List<(ulong Offset, int Width)>? Accesses { get; set; } = [];

    public ulong Read(ulong offset, int width)
    {
        Accesses?.Add((offset, width));
        var value = 0UL;
        for (var i = 0; i < width; i++)
        {
            value |= (ulong)Bytes[(int)offset + i] << (8 * i);
        }

        return value;
    }

    public void Write(ulong offset, int width, ulong value)
    {
        Accesses?.Add((offset, width));
        for (var i = 0; i < width; i++)
        {
            Bytes[(int)offset + i] = (byte)(value >> (8 * i));
        }
    }
}
