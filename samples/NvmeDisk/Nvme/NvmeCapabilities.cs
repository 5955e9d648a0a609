namespace NvmeDisk.Nvme;

/// <summary>What the controller can do: the register CAP (Base Specification 2.0, 3.1.3.1).</summary>
/// <param name="Raw">The register.</param>
internal readonly record struct NvmeCapabilities(ulong Raw)
{
    private const int SmallestPageShift = 12;

    /// <summary>MQES: how many entries a queue can have, 2 to 65,536.</summary>
    internal int MaxQueueEntries => (int)(Raw & 0xFFFF) + 1;

    /// <summary>CQR: queues must be contiguous memory, which ours are.</summary>
    internal bool ContiguousQueues => (Raw >> 16 & 1) != 0;

    /// <summary>TO: how long a change of CC.EN may take.</summary>
    internal TimeSpan Timeout => TimeSpan.FromMilliseconds(500 * (double)(Raw >> 24 & 0xFF));

    /// <summary>DSTRD: bytes from one doorbell to the next.</summary>
    internal ulong DoorbellStride => 4UL << (int)(Raw >> 32 & 0xF);

    /// <summary>CSS bit 0: the NVM command set.</summary>
    internal bool HasNvmCommands => (Raw >> 37 & 1) != 0;

    /// <summary>MPSMIN: the smallest page in bytes; also the unit of MDTS.</summary>
    internal int SmallestPage => 1 << (SmallestPageShift + (int)(Raw >> 48 & 0xF));
}
