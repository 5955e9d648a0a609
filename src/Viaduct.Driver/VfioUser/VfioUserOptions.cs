namespace Viaduct.Driver;

/// <summary>How to be a vfio-user client.</summary>
public sealed record VfioUserOptions
{
    /// <summary>How long the server may take for an answer. After that the connection counts as broken, and is
    /// closed.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>True gives the server the files of DMA memory, which it then reaches in place; false lets it ask for each
    /// access by a message.</summary>
    public bool ShareMemory { get; init; } = true;

    /// <summary>True maps what the server says can be mapped of the BARs. A server that makes the file behind it shorter
    /// later ends this process with SIGBUS: false where the server is not trusted so far.</summary>
    public bool MapRegions { get; init; } = true;

    /// <summary>True lets the server have a second socket for its own messages.</summary>
    public bool AllowTwinSocket { get; init; } = true;
}
