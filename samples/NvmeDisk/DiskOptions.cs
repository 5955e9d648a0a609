using Viaduct.Driver;

namespace NvmeDisk;

/// <summary>How to open a disk.</summary>
internal sealed record DiskOptions
{
    /// <summary>The kernel's interface.</summary>
    internal VfioApi Api { get; init; }

    /// <summary>NSID.</summary>
    internal uint Namespace { get; init; } = 1;

    /// <summary>How many I/O queues are wanted.</summary>
    internal int Queues { get; init; } = 1;

    /// <summary>MSI-X; else polling.</summary>
    internal bool UseInterrupts { get; init; }

    /// <summary>How long a command may take.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
