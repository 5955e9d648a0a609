using Viaduct.Supervisor.X86;

namespace Viaduct.Supervisor.Tests.X86;

/// <summary>An address range of bytes whose first part is a device that behaves as memory and logs its accesses.</summary>
internal sealed class TestBus : IMmioBus
{
    private readonly byte[] _bytes;

    public TestBus(ulong start, int deviceBytes, byte[] bytes)
    {
        Start = start;
        DeviceBytes = deviceBytes;
        _bytes = bytes;
    }

    public ulong Start { get; }

    public int DeviceBytes { get; set; }

    /// <summary>The device's accesses, such as <c>R4@10</c>: width in bytes, offset in hexadecimal. Null: no log.</summary>
    public List<string>? Log { get; set; }

    /// <summary>Accesses that touch this address fail.</summary>
    public ulong? Broken { get; set; }

    public int MemoryCalls { get; private set; }

    public bool IsDevice(ulong address) => address - Start < (ulong)DeviceBytes;

    public MmioStatus Read(ulong address, Span<byte> data)
    {
        Log?.Add($"R{data.Length}@{address - Start:x}");
        return TryCopy(address, data) ? MmioStatus.Ok : MmioStatus.BusError;
    }

    public MmioStatus Write(ulong address, ReadOnlySpan<byte> data)
    {
        Log?.Add($"W{data.Length}@{address - Start:x}");
        return TryStore(address, data) ? MmioStatus.Ok : MmioStatus.BusError;
    }

    public bool TryReadMemory(ulong address, Span<byte> data)
    {
        MemoryCalls++;
        return TryCopy(address, data);
    }

    public bool TryWriteMemory(ulong address, ReadOnlySpan<byte> data)
    {
        MemoryCalls++;
        return TryStore(address, data);
    }

    private bool TryCopy(ulong address, Span<byte> data)
    {
        if (!Reachable(address, data.Length))
        {
            return false;
        }

        _bytes.AsSpan((int)(address - Start), data.Length).CopyTo(data);
        return true;
    }

    private bool TryStore(ulong address, ReadOnlySpan<byte> data)
    {
        if (!Reachable(address, data.Length))
        {
            return false;
        }

        data.CopyTo(_bytes.AsSpan((int)(address - Start)));
        return true;
    }

    private bool Reachable(ulong address, int length)
    {
        bool inside = address - Start <= (ulong)(_bytes.Length - length) && length <= _bytes.Length;
        return inside && (Broken is not { } broken || broken - address >= (ulong)length);
    }
}
