using System.Collections.Concurrent;
using Viaduct.Iommu;

namespace Viaduct.Supervisor;

/// <summary>What happened in a run, for the summary at its end. Counters are added to by several threads.</summary>
public sealed class RunStatistics : IDmaObserver
{
    private readonly ConcurrentDictionary<string, CallCount> _calls = new(StringComparer.Ordinal);
    private long _loads;
    private long _stores;
    private long _dmaRead;
    private long _dmaWritten;
    private long _dmaFaults;

    /// <summary>Calls on VFIO files by name: how many, and how many of them failed.</summary>
    public IReadOnlyDictionary<string, CallCount> Calls => _calls;

    /// <summary>Trapped loads.</summary>
    public long Loads => Interlocked.Read(ref _loads);

    /// <summary>Trapped stores.</summary>
    public long Stores => Interlocked.Read(ref _stores);

    /// <summary>Bytes that devices read from memory.</summary>
    public long DmaBytesRead => Interlocked.Read(ref _dmaRead);

    /// <summary>Bytes that devices wrote to memory.</summary>
    public long DmaBytesWritten => Interlocked.Read(ref _dmaWritten);

    /// <summary>Transfers that the IOMMU refused.</summary>
    public long DmaFaults => Interlocked.Read(ref _dmaFaults);

    /// <summary>The first transfer that the IOMMU refused.</summary>
    public DmaResult? FirstDmaFault { get; private set; }

    /// <summary>VFIO files that were open when the last process ended, so that its end closed them.</summary>
    public int FilesLeftOpen { get; internal set; }

    /// <summary>DMA mappings that existed then.</summary>
    public int MappingsLeft { get; internal set; }

    /// <summary>Processes that were seen.</summary>
    public int Processes { get; internal set; }

    /// <summary>The most that a caller wanted to lock beyond its RLIMIT_MEMLOCK, in bytes; 0 where all were within.</summary>
    public ulong MemlockNeeded { get; internal set; }

    /// <summary>A program without CAP_SYS_RAWIO used a device without an IOMMU.</summary>
    public bool RawIoNeeded { get; internal set; }

    /// <inheritdoc/>
    public void Transferred(DmaAccess access, ulong address, ulong length)
        => Interlocked.Add(ref access == DmaAccess.Read ? ref _dmaRead : ref _dmaWritten, (long)length);

    /// <inheritdoc/>
    public void Faulted(in DmaResult result)
    {
        if (Interlocked.Increment(ref _dmaFaults) == 1)
        {
            FirstDmaFault = result;
        }
    }

    internal CallCount CountOf(string name) => _calls.GetOrAdd(name, static _ => new CallCount());

    internal void Count(string name, bool failed) => CountOf(name).Add(failed);

    internal void CountLoad() => Interlocked.Increment(ref _loads);

    internal void CountStore() => Interlocked.Increment(ref _stores);
}
