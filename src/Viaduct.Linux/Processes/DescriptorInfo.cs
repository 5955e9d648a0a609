using System.Globalization;

namespace Viaduct.Linux.Processes;

/// <summary>/proc/PID/fdinfo.</summary>
public static class DescriptorInfo
{
    private const string FlagsField = "flags:";

    /// <summary>The flags line of a descriptor: open(2)'s flags as the description has them now, with O_CLOEXEC.</summary>
    /// <returns>Null where nothing is open there.</returns>
    public static int? GetFlags(int task, int fd)
    {
        try
        {
            foreach (var line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{task}/fdinfo/{fd}")))
            {
                if (line.StartsWith(FlagsField, StringComparison.Ordinal))
                {
                    return Convert.ToInt32(line[FlagsField.Length..].Trim(), 8);
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
