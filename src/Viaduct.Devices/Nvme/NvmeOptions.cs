namespace Viaduct.Devices.Nvme;

/// <summary>What a controller is.</summary>
public sealed record NvmeOptions
{
    /// <summary>Bytes of <see cref="Serial"/> at most.</summary>
    public const int LongestSerial = 20;

    /// <summary>I/O queue pairs, 1 to 64.</summary>
    public int Queues { get; init; } = NvmeRegisters.MostQueues;

    /// <summary>Serial number: 1 to 20 printable ASCII characters. The names of the subsystem and of the namespaces come of it, so no two
    /// controllers that one host sees may have the same.</summary>
    public required string Serial { get; init; }

    /// <summary>Bytes of a namespace's block at first: 512 or 4096.</summary>
    public int BlockSize { get; init; } = NvmeNamespace.SmallestBlock;
}
