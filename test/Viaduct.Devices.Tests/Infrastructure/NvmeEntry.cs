using System.Buffers.Binary;

namespace Viaduct.Devices.Tests.Infrastructure;

/// <summary>A submission queue entry as a driver fills it in.</summary>
internal sealed record NvmeEntry(byte Opcode)
{
    /// <summary>Fused operation and PSDT, bits 15:8 of dword 0.</summary>
    public byte Flags { get; init; }

    public uint Nsid { get; init; } = 1;

    public ulong Prp1 { get; init; }

    public ulong Prp2 { get; init; }

    public uint Dword10 { get; init; }

    public uint Dword11 { get; init; }

    public uint Dword12 { get; init; }

    public uint Dword13 { get; init; }

    public uint Dword14 { get; init; }

    public static NvmeEntry Read(ulong block, int blocks, ulong prp1, ulong prp2 = 0) => OfBlocks(0x02, block, blocks, prp1, prp2);

    public static NvmeEntry Write(ulong block, int blocks, ulong prp1, ulong prp2 = 0) => OfBlocks(0x01, block, blocks, prp1, prp2);

    public static NvmeEntry OfBlocks(byte opcode, ulong block, int blocks, ulong prp1 = 0, ulong prp2 = 0) => new(opcode)
    {
        Prp1 = prp1,
        Prp2 = prp2,
        Dword10 = (uint)block,
        Dword11 = (uint)(block >> 32),
        Dword12 = (uint)(blocks - 1),
    };

    public void Put(Span<byte> entry, ushort identifier)
    {
        entry.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(entry, Opcode | ((uint)Flags << 8) | ((uint)identifier << 16));
        BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], Nsid);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[24..], Prp1);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[32..], Prp2);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[40..], Dword10);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[44..], Dword11);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[48..], Dword12);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[52..], Dword13);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[56..], Dword14);
    }
}
