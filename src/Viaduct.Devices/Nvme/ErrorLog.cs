using System.Buffers.Binary;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Nvme;

/// <summary>The last errors (NVMe base 2.0, 5.16.1.2). The engine owns it.</summary>
internal sealed class ErrorLog
{
    /// <summary>Entries that are kept: ELPE, counted from one.</summary>
    public const int Entries = 64;

    /// <summary>Bytes of an entry.</summary>
    public const int EntryLength = 64;

    private readonly ErrorEntry[] _entries = new ErrorEntry[Entries];

    /// <summary>Errors since the controller was made.</summary>
    public ulong Count { get; private set; }

    public void Add(in ErrorEntry entry)
    {
        _entries[Count % Entries] = entry;
        Count++;
    }

    public void Save(StateWriter state)
    {
        state.Write(Count);
        foreach (ref readonly var entry in _entries.AsSpan())
        {
            state.Write(entry.Queue);
            state.Write(entry.Command);
            state.Write(entry.Status);
            state.Write(entry.Block);
            state.Write(entry.Namespace);
        }
    }

    public void Load(ref StateReader state)
    {
        Count = state.ReadUInt64();
        foreach (ref var entry in _entries.AsSpan())
        {
            var (queue, command, status) = (state.ReadUInt16(), state.ReadUInt16(), state.ReadUInt16());
            entry = new ErrorEntry(queue, command, status, state.ReadUInt64(), state.ReadUInt32());
        }
    }

    /// <summary>Lays the log page out, the last error first.</summary>
    /// <param name="page">Zeroes; <see cref="Entries"/> times <see cref="EntryLength"/> bytes.</param>
    public void Write(Span<byte> page)
    {
        for (var i = 0UL; i < Math.Min(Count, Entries); i++)
        {
            var number = Count - i;
            ref readonly var entry = ref _entries[(number - 1) % Entries];
            var bytes = page.Slice((int)i * EntryLength, EntryLength);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[8..], entry.Queue);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[10..], entry.Command);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[12..], entry.Status);

            // The parameter that was wrong is not told.
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[14..], ushort.MaxValue);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], entry.Block);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[24..], entry.Namespace);
        }
    }
}
