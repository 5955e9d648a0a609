using Viaduct.Linux;

namespace Viaduct.Driver.Tests;

/// <summary>A device whose regions are byte arrays, or mappings for the areas that are said to be mappable.</summary>
internal sealed class FakeBackend : IDeviceBackend, IDmaMapper
{
    private readonly Dictionary<int, RegionInfo> _regions = [];

    internal FakeBackend(int configSize = 256)
    {
        Add(RegionIndex.Config, configSize);
        Dma = new DmaSpace(this, [new IovaRange(0, 0xFFFF_FFFF)], 4096);
    }

    public string Name => "0000:01:00.0";

    public bool CanReset => true;

    public DmaSpace Dma { get; }

    internal Dictionary<int, byte[]> Memory { get; } = [];

    internal List<(bool Write, int Index, ulong Offset, int Length)> Accesses { get; } = [];

    internal List<string> Events { get; } = [];

    internal Dictionary<ulong, ulong> Mapped { get; } = [];

    internal EventFd[] Enabled { get; private set; } = [];

    internal Exception? MapFailure { get; set; }

    internal byte[] Config => Memory[RegionIndex.Config];

    internal byte[] Add(int index, int size, params MappableArea[] areas)
    {
        _regions[index] = new RegionInfo(index, (ulong)size, true, true, areas);
        return Memory[index] = new byte[size];
    }

    public RegionInfo GetRegion(int index) =>
        _regions.TryGetValue(index, out var info) ? info : new RegionInfo(index, 0, false, false, []);

    public void ReadRegion(int index, ulong offset, Span<byte> data)
    {
        Accesses.Add((false, index, offset, data.Length));
        Memory[index].AsSpan((int)offset, data.Length).CopyTo(data);
    }

    public void WriteRegion(int index, ulong offset, ReadOnlySpan<byte> data)
    {
        Accesses.Add((true, index, offset, data.Length));
        data.CopyTo(Memory[index].AsSpan((int)offset));
    }

    public MappedRegion MapRegion(int index, MappableArea area)
    {
        Assert.False(MemoryMapping.Allocate((nuint)area.Size, HugePageSize.None, out var mapping).IsError);
        return new MappedRegion(mapping!, area.Offset);
    }

    public int GetInterruptCount(InterruptKind kind) => kind == InterruptKind.Msix ? 4 : 0;

    public void EnableInterrupts(InterruptKind kind, ReadOnlySpan<EventFd> eventFds)
    {
        Events.Add($"enable {eventFds.Length}");
        Enabled = eventFds.ToArray();
    }

    public void DisableInterrupts(InterruptKind kind) => Events.Add("disable");

    public void UnmaskInterrupt(InterruptKind kind) => Events.Add("unmask");

    public void TriggerInterrupt(InterruptKind kind, int index) => Enabled[index].Signal();

    public void Reset() => Events.Add("reset");

    public void Map(ulong iova, MemoryMapping memory, DmaAccess access)
    {
        if (MapFailure is { } failure)
        {
            throw failure;
        }

        Mapped.Add(iova, memory.Length);
    }

    public bool Unmap(ulong iova, ulong size) => Mapped.Remove(iova, out var mapped) && mapped == size;

    public void Dispose() => Events.Add("close");
}
