namespace Viaduct.Cli.Tce;

/// <summary>A DMA window that the trace uses.</summary>
/// <param name="Liobn">By which hypercalls name it.</param>
/// <param name="PageShift">log2 of its pages.</param>
/// <param name="Start">The first bus address.</param>
/// <param name="Size">Bytes.</param>
internal sealed record TraceWindow(ulong Liobn, int PageShift, ulong Start, ulong Size)
{
    public ulong Pages => Size >> PageShift;
}
