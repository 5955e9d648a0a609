using Viaduct.Devices.Nvme.Storage;

namespace Viaduct.Devices.Tests.Infrastructure;

/// <summary>Storage that counts, fails when it is told to, and leaves what may be slow to the background, as a file does.</summary>
internal sealed class SlowStorage(ulong length, bool isReadOnly = false) : NvmeStorage
{
    private readonly RamStorage _bytes = new(length);

    public override ulong Length => length;

    public override bool IsReadOnly => isReadOnly;

    public override bool IsSlow => true;

    public int Flushes { get; private set; }

    public int Reads { get; private set; }

    public int Writes { get; private set; }

    public List<(ulong Offset, ulong Length, bool Deallocate)> Zeroed { get; } = [];

    /// <summary>What everything comes to.</summary>
    public StorageResult Outcome { get; set; }

    /// <summary>Told of a call that may wait, before it does anything: read, write, zero, flush. While that has not returned, the disk hangs.</summary>
    public Action<string>? Waiting { get; set; }

    public override StorageResult Read(ulong offset, Span<byte> destination)
    {
        Waiting?.Invoke("read");
        Reads++;
        return Outcome == StorageResult.Ok ? _bytes.Read(offset, destination) : Outcome;
    }

    public override StorageResult Write(ulong offset, ReadOnlySpan<byte> source)
    {
        Waiting?.Invoke("write");
        Writes++;
        return Outcome == StorageResult.Ok ? _bytes.Write(offset, source) : Outcome;
    }

    /// <summary>Nothing is to be had without waiting.</summary>
    public bool IsCold { get; set; }

    public override StorageResult TryRead(ulong offset, Span<byte> destination)
        => IsCold ? StorageResult.WouldWait : Read(offset, destination);

    public override StorageResult Zero(ulong offset, ulong length, bool deallocate)
    {
        Waiting?.Invoke("zero");
        Zeroed.Add((offset, length, deallocate));
        return Outcome == StorageResult.Ok ? _bytes.Zero(offset, length, deallocate) : Outcome;
    }

    public override StorageResult Flush()
    {
        Waiting?.Invoke("flush");
        Flushes++;
        return Outcome;
    }
}
