using System.Globalization;

namespace Viaduct.Supervisor.Vfs;

/// <summary>/proc/PID/status with the pages in it that are locked for DMA: mm->locked_vm, which task_mem() shows as VmLck.</summary>
internal static class LockedStatus
{
    private const string Field = "\nVmLck:";
    private const string Unit = " kB";
    private const ulong KilobytesPerPage = 4;

    /// <summary>Adds pages to the line VmLck.</summary>
    /// <param name="status">The kernel's text.</param>
    /// <param name="pages">Pages of 4 KiB.</param>
    /// <returns>The same text where it has no such line, as that of a zombie.</returns>
    public static string Add(string status, ulong pages)
    {
        var start = status.IndexOf(Field, StringComparison.Ordinal) + Field.Length;
        var end = start < Field.Length ? -1 : status.IndexOf(Unit, start, StringComparison.Ordinal);
        return end >= 0
            && ulong.TryParse(
                status.AsSpan(start, end - start), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out var native)
            ? $"{status.AsSpan(0, start)}\t{native + (pages * KilobytesPerPage),8}{status.AsSpan(end)}"
            : status;
    }
}
