using System.Buffers.Binary;

namespace Viaduct.Pci.Hardware;

/// <summary>Reads what a <see cref="StateWriter"/> wrote. Behind the end everything is zero, and <see cref="IsGood"/> false.</summary>
public ref struct StateReader
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Reads from the first byte on.</summary>
    public StateReader(ReadOnlySpan<byte> state)
    {
        _rest = state;
        IsGood = true;
    }

    /// <summary>Nothing was missing, and nothing was refused.</summary>
    public bool IsGood { get; private set; }

    /// <summary>All bytes were read.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>What was read cannot be.</summary>
    public void Refuse() => IsGood = false;

    /// <summary>Reads a byte that is 0 or 1.</summary>
    public bool ReadBool() => ReadByte() switch
    {
        0 => false,
        1 => true,
        _ => Refused(),
    };

    /// <summary>Reads a byte.</summary>
    public byte ReadByte()
    {
        var bytes = ReadBytes(1);
        return bytes.IsEmpty ? (byte)0 : bytes[0];
    }

    /// <summary>Reads two bytes.</summary>
    public ushort ReadUInt16()
    {
        var bytes = ReadBytes(sizeof(ushort));
        return bytes.IsEmpty ? (ushort)0 : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    /// <summary>Reads four bytes.</summary>
    public uint ReadUInt32()
    {
        var bytes = ReadBytes(sizeof(uint));
        return bytes.IsEmpty ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>Reads eight bytes.</summary>
    public ulong ReadUInt64()
    {
        var bytes = ReadBytes(sizeof(ulong));
        return bytes.IsEmpty ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>Reads a number that lies in a range.</summary>
    /// <returns>The number; the lowest where it is refused.</returns>
    public uint ReadUInt32(uint minimum, uint maximum)
    {
        var value = ReadUInt32();
        if (value >= minimum && value <= maximum)
        {
            return value;
        }

        IsGood = false;
        return minimum;
    }

    /// <summary>Reads bytes.</summary>
    /// <returns>The bytes; empty where there are not so many.</returns>
    public ReadOnlySpan<byte> ReadBytes(int length)
    {
        if (_rest.Length < length)
        {
            _rest = default;
            IsGood = false;
            return default;
        }

        var bytes = _rest[..length];
        _rest = _rest[length..];
        return bytes;
    }

    private bool Refused()
    {
        IsGood = false;
        return false;
    }
}
