namespace Viaduct.Bench;

/// <summary>How much client memory a DMA benchmark goes through.</summary>
public enum WorkingSet
{
    /// <summary>The same bytes each time, which stay in the CPU's caches.</summary>
    Hot,

    /// <summary>64 MiB, one block after the other, as a device that serves a program meets them.</summary>
    Walk,
}
