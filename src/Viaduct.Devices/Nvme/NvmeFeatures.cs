using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Nvme;

/// <summary>The values of features. A reset makes them what they were at first: none can be saved. The engine owns it.</summary>
internal sealed class NvmeFeatures
{
    /// <summary>Bytes of the timestamp's data.</summary>
    public const int TimestampLength = 8;

    /// <summary>Bytes of the host behavior's data.</summary>
    public const int HostBehaviorLength = 512;

    /// <summary>Kelvin: above it a critical warning is given, at first. 70 degrees Celsius.</summary>
    public const ushort DefaultOverTemperature = 343;

    // No limit of a burst.
    private const uint AnyBurst = 7;
    private const uint DefaultBurst = 3;
    private const int TimestampSet = 1 << 1;

    private readonly TimeProvider _time;
    private readonly bool[] _notCoalesced = new bool[NvmeRegisters.MostQueues + 1];
    private readonly byte[] _hostBehavior = new byte[HostBehaviorLength];
    private long _timestampAt;
    private ulong _timestamp;
    private bool _isTimestampSet;

    /// <summary>All at their defaults.</summary>
    public NvmeFeatures(TimeProvider time)
    {
        _time = time;
        _timestampAt = time.GetTimestamp();
    }

    public uint Arbitration { get; set; } = DefaultBurst;

    public ushort OverTemperature { get; set; } = DefaultOverTemperature;

    public ushort UnderTemperature { get; set; }

    public uint ErrorRecovery { get; set; }

    public bool HasWriteCache { get; set; } = true;

    public uint InterruptCoalescing { get; set; }

    public uint WriteAtomicity { get; set; }

    public uint AsyncEvents { get; set; }

    /// <summary>Commands of a queue that are served before the next queue's turn.</summary>
    public int Burst => (Arbitration & 7) == AnyBurst ? int.MaxValue : 1 << (int)(Arbitration & 7);

    /// <summary>The critical warnings that are to be reported.</summary>
    public byte HealthEvents => (byte)AsyncEvents;

    /// <summary>Changes of namespaces are to be reported.</summary>
    public bool WantsNamespaceChanges => (AsyncEvents & (1 << 8)) != 0;

    /// <summary>The host behavior support data, 512 bytes.</summary>
    public Span<byte> HostBehavior => _hostBehavior;

    /// <summary>Whether a vector's interrupts are not coalesced: which none are.</summary>
    public ref bool NotCoalesced(int vector) => ref _notCoalesced[vector];

    /// <summary>Milliseconds in bits 47:0, and in 51:48 where they come from.</summary>
    public ulong Timestamp
    {
        get
        {
            var elapsed = (ulong)_time.GetElapsedTime(_timestampAt).TotalMilliseconds;
            return ((_timestamp + elapsed) & 0xffff_ffff_ffff) | (_isTimestampSet ? (ulong)TimestampSet << 48 : 0);
        }

        set
        {
            _timestamp = value & 0xffff_ffff_ffff;
            _timestampAt = _time.GetTimestamp();
            _isTimestampSet = (value & ((ulong)TimestampSet << 48)) != 0;
        }
    }

    public void Save(StateWriter state)
    {
        state.Write(Arbitration);
        state.Write(OverTemperature);
        state.Write(UnderTemperature);
        state.Write(ErrorRecovery);
        state.Write(HasWriteCache);
        state.Write(InterruptCoalescing);
        state.Write(WriteAtomicity);
        state.Write(AsyncEvents);
        foreach (var value in _notCoalesced)
        {
            state.Write(value);
        }

        state.Write(_hostBehavior);
        state.Write(Timestamp);
    }

    public void Load(ref StateReader state)
    {
        Arbitration = state.ReadUInt32();
        OverTemperature = state.ReadUInt16();
        UnderTemperature = state.ReadUInt16();
        ErrorRecovery = state.ReadUInt32();
        HasWriteCache = state.ReadBool();
        InterruptCoalescing = state.ReadUInt32();
        WriteAtomicity = state.ReadUInt32();
        AsyncEvents = state.ReadUInt32();
        foreach (ref var value in _notCoalesced.AsSpan())
        {
            value = state.ReadBool();
        }

        state.ReadBytes(HostBehaviorLength).CopyTo(_hostBehavior);
        Timestamp = state.ReadUInt64();
    }

    /// <summary>A controller level reset. The timestamp goes on.</summary>
    public void Reset()
    {
        Arbitration = DefaultBurst;
        OverTemperature = DefaultOverTemperature;
        UnderTemperature = 0;
        ErrorRecovery = 0;
        HasWriteCache = true;
        InterruptCoalescing = 0;
        WriteAtomicity = 0;
        AsyncEvents = 0;
        Array.Clear(_notCoalesced);
        Array.Clear(_hostBehavior);
    }
}
