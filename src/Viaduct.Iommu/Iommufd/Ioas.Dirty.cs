namespace Viaduct.Iommu.Iommufd;

/// <content>What devices wrote: iopt_read_and_clear_dirty_data.</content>
internal sealed partial class Ioas
{
    /// <summary>Tells what was written, up to the first address that is not mapped. What is told is complete when this returns, if it
    /// is cleared.</summary>
    /// <param name="log">What one of the page tables remembers.</param>
    /// <param name="first">The first address; a page's first.</param>
    /// <param name="last">The last one; a page's last.</param>
    /// <param name="clears">It is forgotten.</param>
    /// <param name="bitmap">Hears of it.</param>
    public void ReportDirty(DirtyLog log, ulong first, ulong last, bool clears, DirtyBitmap bitmap)
    {
        for (var at = first; _areas.TryFind(at, out var area);)
        {
            var end = Math.Min(area.Last, last);
            log.Report(at, end, clears, bitmap);
            if (end == last)
            {
                break;
            }

            at = end + 1;
        }

        if (clears)
        {
            Space.WaitForTransfers();
        }
    }
}
