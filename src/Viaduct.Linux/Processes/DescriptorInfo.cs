using System.Globalization;

namespace Viaduct.Linux.Processes;

/// <summary>/proc/PID/fdinfo.</summary>
public static class DescriptorInfo
{
    private const string FlagsField = "flags:";

    private const string EventFdField = "eventfd-id:";

    private const string EventFdCountField = "eventfd-count:";

    /// <summary>The flags line of a descriptor: open(2)'s flags as the description has them now, with O_CLOEXEC.</summary>
    /// <returns>Null where nothing is open there.</returns>
    public static int? GetFlags(int task, int fd)
        => GetField(PathOf(task, fd), FlagsField) is { } text ? Convert.ToInt32(text, 8) : null;

    /// <summary>The number that the kernel gave an eventfd (Linux 5.2).</summary>
    /// <returns>Null where no eventfd is open there.</returns>
    public static int? GetEventFdId(int task, int fd) => ParseId(GetField(PathOf(task, fd), EventFdField));

    /// <summary>The count of an eventfd.</summary>
    /// <returns>Null where no eventfd is open there.</returns>
    public static ulong? GetEventFdCount(int task, int fd)
        => ulong.TryParse(
            GetField(PathOf(task, fd), EventFdCountField), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var count)
            ? count
            : null;

    /// <summary>Whether another process than this one has an eventfd open. Looks through all of /proc; what cannot be looked into
    /// does not count.</summary>
    /// <param name="id">The number that the kernel gave it, which no other has.</param>
    public static bool IsEventFdOpenElsewhere(int id)
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var process)
                && process != Environment.ProcessId && GetEventFdIds(process).Contains(id))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The numbers of all eventfds that a process has open.</summary>
    public static IEnumerable<int> GetEventFdIds(int process)
    {
        string[] paths;
        try
        {
            paths = Directory.GetFiles(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/fdinfo"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            yield break; // the process has gone
        }

        foreach (var path in paths)
        {
            if (ParseId(GetField(path, EventFdField)) is { } id)
            {
                yield return id;
            }
        }
    }

    private static string PathOf(int task, int fd)
        => string.Create(CultureInfo.InvariantCulture, $"/proc/{task}/fdinfo/{fd}");

    private static int? ParseId(string? text)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;

    private static string? GetField(string path, string field)
    {
        try
        {
            foreach (var line in File.ReadLines(path))
            {
                if (line.StartsWith(field, StringComparison.Ordinal))
                {
                    return line[field.Length..].Trim();
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // closed, or the task has gone
        }

        return null;
    }
}
