using System.Buffers.Binary;

namespace Viaduct.Devices.Nvme;

/// <summary>A submission queue entry, as it was in memory when it was fetched: 64 bytes, little endian (NVMe base 2.0, 3.3.3.1).</summary>
/// <param name="Dword0">Opcode, fused operation, PSDT, command identifier.</param>
/// <param name="Nsid">Namespace identifier.</param>
/// <param name="Metadata">Metadata pointer.</param>
/// <param name="Prp1">PRP entry 1, or bytes 0 to 7 of the SGL descriptor.</param>
/// <param name="Prp2">PRP entry 2, or bytes 8 to 15 of the SGL descriptor.</param>
/// <param name="Dword10">Of the command.</param>
/// <param name="Dword11">Of the command.</param>
/// <param name="Dword12">Of the command.</param>
/// <param name="Dword13">Of the command.</param>
/// <param name="Dword14">Of the command.</param>
/// <param name="Dword15">Of the command.</param>
internal readonly record struct NvmeCommand(
    uint Dword0,
    uint Nsid,
    ulong Metadata,
    ulong Prp1,
    ulong Prp2,
    uint Dword10,
    uint Dword11,
    uint Dword12,
    uint Dword13,
    uint Dword14,
    uint Dword15)
{
    /// <summary>Bytes of an entry.</summary>
    public const int Length = 64;

    /// <summary>All namespaces.</summary>
    public const uint Broadcast = uint.MaxValue;

    public byte Opcode => (byte)Dword0;

    /// <summary>0 for a command of its own, 1 and 2 for the first and second of a fused pair.</summary>
    public int Fuse => (int)(Dword0 >> 8) & 3;

    /// <summary>0 for PRPs, 1 and 2 for SGLs.</summary>
    public int DataPointerKind => (int)(Dword0 >> 14) & 3;

    public ushort Identifier => (ushort)(Dword0 >> 16);

    /// <summary>The first block of a command of the NVM command set.</summary>
    public ulong FirstBlock => Dword10 | ((ulong)Dword11 << 32);

    /// <summary>The number of blocks of such a command.</summary>
    public uint BlockCount => (Dword12 & 0xffff) + 1;

    public static NvmeCommand Read(ReadOnlySpan<byte> bytes) => new(
        Word(bytes, 0),
        Word(bytes, 4),
        Double(bytes, 16),
        Double(bytes, 24),
        Double(bytes, 32),
        Word(bytes, 40),
        Word(bytes, 44),
        Word(bytes, 48),
        Word(bytes, 52),
        Word(bytes, 56),
        Word(bytes, 60));

    /// <summary>The entry's bytes; dwords 2 and 3, which no command here uses, are zero.</summary>
    public void Write(Span<byte> bytes)
    {
        bytes[..Length].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Dword0);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], Nsid);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], Metadata);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], Prp1);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], Prp2);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[40..], Dword10);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[44..], Dword11);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[48..], Dword12);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[52..], Dword13);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[56..], Dword14);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[60..], Dword15);
    }

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong Double(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
