using System.Globalization;

namespace Viaduct.Supervisor.Vfs;

/// <summary>/proc/PID/status with the pages in it that are held for DMA: mm->locked_vm and mm->pinned_vm, which task_mem() shows as
/// VmLck and VmPin.</summary>
internal static class LockedStatus
{
    private const string Locked = "\nVmLck:";
    private const string Pinned = "\nVmPin:";
    private const string Unit = " kB";
    private const ulong KilobytesPerPage = 4;

    /// <summary>Adds pages to the two lines.</summary>
    /// <param name="status">The kernel's text.</param>
    /// <param name="locked">Pages of 4 KiB that count as locked.</param>
    /// <param name="pinned">Pages of 4 KiB that are pinned.</param>
    /// <returns>The same text where it has no such lines, as that of a zombie.</returns>
    public static string Add(string status, ulong locked, ulong pinned)
        => Add(Add(status, Locked, locked), Pinned, pinned);

    private static string Add(string status, string field, ulong pages)
    {
        var start = status.IndexOf(field, StringComparison.Ordinal) + field.Length;
        var end = start < field.Length ? -1 : status.IndexOf(Unit, start, StringComparison.Ordinal);
        return end >= 0
            && ulong.TryParse(
                status.AsSpan(start, end - start), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out var native)
            ? $"{status.AsSpan(0, start)}\t{native + (pages * KilobytesPerPage),8}{status.AsSpan(end)}"
            : status;
    }
}
