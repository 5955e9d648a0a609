using System.Buffers.Binary;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Nvme;

/// <summary>What the SMART / health log counts (NVMe base 2.0, 5.16.1.3). The engine owns it.</summary>
internal sealed class HealthCounters(TimeProvider time)
{
    private const int UnitBytes = 512 * 1000;

    private long _start = time.GetTimestamp();
    private TimeSpan _before;

    public ulong BytesRead { get; set; }

    public ulong BytesWritten { get; set; }

    public ulong Reads { get; set; }

    public ulong Writes { get; set; }

    public ulong UnsafeShutdowns { get; set; }

    public ulong MediaErrors { get; set; }

    /// <summary>How long it has been on.</summary>
    public TimeSpan PowerOn
    {
        get => _before + time.GetElapsedTime(_start);
        set
        {
            _before = value;
            _start = time.GetTimestamp();
        }
    }

    public void Save(StateWriter state)
    {
        state.Write(BytesRead);
        state.Write(BytesWritten);
        state.Write(Reads);
        state.Write(Writes);
        state.Write(UnsafeShutdowns);
        state.Write(MediaErrors);
        state.Write((ulong)PowerOn.TotalSeconds);
    }

    public void Load(ref StateReader state)
    {
        BytesRead = state.ReadUInt64();
        BytesWritten = state.ReadUInt64();
        Reads = state.ReadUInt64();
        Writes = state.ReadUInt64();
        UnsafeShutdowns = state.ReadUInt64();
        MediaErrors = state.ReadUInt64();
        PowerOn = TimeSpan.FromSeconds(state.ReadUInt64() & uint.MaxValue);
    }

    /// <summary>Lays out what it counts.</summary>
    /// <param name="page">The log page, zeroes; 512 bytes.</param>
    public void Write(Span<byte> page)
    {
        Put(page, 32, Units(BytesRead));
        Put(page, 48, Units(BytesWritten));
        Put(page, 64, Reads);
        Put(page, 80, Writes);
        Put(page, 112, 1);
        Put(page, 128, (ulong)PowerOn.TotalHours);
        Put(page, 144, UnsafeShutdowns);
        Put(page, 160, MediaErrors);
    }

    private static ulong Units(ulong bytes) => (bytes / UnitBytes) + (bytes % UnitBytes == 0 ? 0UL : 1);

    private static void Put(Span<byte> page, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(page[at..], value);
}
