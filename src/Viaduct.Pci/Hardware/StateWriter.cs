using System.Buffers;
using System.Buffers.Binary;

namespace Viaduct.Pci.Hardware;

/// <summary>Writes a device's state: numbers, little endian, one behind the other.</summary>
/// <param name="output">Receives the bytes.</param>
public sealed class StateWriter(IBufferWriter<byte> output)
{
    /// <summary>Writes 0 or 1.</summary>
    public void Write(bool value) => Write(value ? (byte)1 : (byte)0);

    /// <summary>Writes a byte.</summary>
    public void Write(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    /// <summary>Writes two bytes.</summary>
    public void Write(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(output.GetSpan(sizeof(ushort)), value);
        output.Advance(sizeof(ushort));
    }

    /// <summary>Writes four bytes.</summary>
    public void Write(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(output.GetSpan(sizeof(uint)), value);
        output.Advance(sizeof(uint));
    }

    /// <summary>Writes eight bytes.</summary>
    public void Write(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(output.GetSpan(sizeof(ulong)), value);
        output.Advance(sizeof(ulong));
    }

    /// <summary>Writes bytes, without their number.</summary>
    public void Write(ReadOnlySpan<byte> bytes) => output.Write(bytes);
}
